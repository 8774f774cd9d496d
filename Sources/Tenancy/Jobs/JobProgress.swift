/// How far a job is, how fast it goes, and when it is likely to end.
public struct JobProgress: Sendable, Hashable {
    /// The number of steps or items; nil while that is unknown.
    public let total: Int?
    public let done: Int
    public let failed: Int
    public let skipped: Int
    /// Steps or items a second since it began; nil before the first.
    public let rate: Double?
    /// Seconds until it ends at this rate; nil if that is unknown, or it does not run.
    public let etaSeconds: Int?

    /// - Parameters:
    ///   - steps: the number of recorded steps.
    ///   - handler: the job's handler; nil if this process has none.
    init(_ job: Job, steps: Int, handler: (any JobHandler)?, now: Timestamp) {
        let names = handler?.steps ?? []
        total = job.total ?? (names.isEmpty ? nil : names.count)
        done = names.isEmpty ? job.done : max(job.done, steps)
        failed = job.failed
        skipped = job.skipped
        let ended = done + failed + skipped
        let end = job.endedAt ?? (job.owner == nil ? job.updatedAt : now)
        let milliseconds = job.startedAt.map { max(end.milliseconds - $0.milliseconds, 1) }
        rate = ended > 0 ? milliseconds.map { Double(ended) * 1000 / Double($0) } : nil
        guard let rate, let total, job.state == .running, job.owner != nil else {
            etaSeconds = nil
            return
        }
        etaSeconds = Int((Double(max(total - ended, 0)) / rate).rounded(.up))
    }
}
