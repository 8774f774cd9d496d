/// Jobs that bring the stock of databases on one server to its size. The payload is the server's number.
struct FillStock: JobHandler {
    let kind = JobKind.stock
    let warmPool: WarmPool

    var isBrief: Bool { true }
    /// There may be one every few seconds.
    var retention: Duration { .seconds(3600) }

    func run(_ run: JobRun) async throws {
        guard let id = run.job.payload.flatMap(Int64.init) else { return }
        try await warmPool.refill(try await warmPool.servers.server(id), run)
    }
}
