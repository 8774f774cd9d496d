internal import Synchronization

/// One attempt at a job, as its handler sees it: what to do, and the only way to record what is done.
///
/// Every write is refused once another process has taken the job over.
public final class JobRun: Sendable {
    /// The job as it was when this attempt began.
    public let job: Job
    /// The right to work on it.
    public let claim: JobClaim
    /// The main database.
    public let main: MainDatabase
    private let health: ServerHealth
    private let reason = Lock<JobStop?>(nil)

    init(_ job: Job, claim: JobClaim, main: MainDatabase, health: ServerHealth) {
        self.job = job
        self.claim = claim
        self.main = main
        self.health = health
    }

    /// Whether a server failed recently and must not be asked yet.
    /// - Parameter address: see ``DatabaseLocation/serverAddress``.
    public func isAway(_ address: String) -> Bool { health.isAway(address) }

    // MARK: Stopping

    /// Why the work must stop; nil while it may go on.
    public var stop: JobStop? { reason.withLock { $0 } }

    /// Call it between steps.
    /// - Throws: ``JobStop`` if the job is to pause, is cancelled, was taken over, or this process ends.
    public func checkStop() throws {
        if let stop { throw stop }
        if Task.isCancelled { throw JobStop.shuttingDown }
    }

    /// - Returns: whether this is the first reason.
    @discardableResult
    func stop(because stop: JobStop) -> Bool {
        reason.withLock { reason in
            if reason != nil { return false }
            reason = stop
            return true
        }
    }

    // MARK: Recording

    /// Runs the body in a transaction of the main database, which commits only while this attempt has the job.
    /// - Throws: what the body throws; ``TenancyError`` `jobTakenOver`.
    public func transaction<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        let date = main.time.wallNow
        do {
            return try await main.transaction { database in
                try await JobRepository(database).require(claim, date: date)
                return try await body(database)
            }
        } catch let error as TenancyError where error.code == .jobTakenOver {
            stop(because: .takenOver)
            throw error
        }
    }

    /// Runs the body and records the step, unless an earlier attempt has recorded it.
    /// - Parameter name: one of the handler's steps; at most 30 characters.
    /// - Returns: the body's result, or what was recorded earlier.
    @discardableResult
    public func step(
        _ name: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> String?
    ) async throws -> String? {
        try checkStop()
        let known = try await main.withDatabase(.read) { try await JobRepository($0).steps(of: [claim.id]) }
        if let step = known[claim.id]?.first(where: { $0.name == name }) { return step.detail }
        let detail = try await body()
        try await record([name], detail: detail)
        return detail
    }

    /// Records completed steps.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    public func record(_ steps: [String], detail: String? = nil) async throws {
        let date = main.time.wallNow
        try await transaction { try await JobRepository($0).record(steps, detail: detail, of: claim, date: date) }
    }

    /// Adds to the job's counts, for a job without items.
    /// - Throws: ``TenancyError`` `jobTakenOver`.
    public func count(_ change: JobCounts, total: Int? = nil) async throws {
        let date = main.time.wallNow
        try await transaction { try await JobRepository($0).count(change, total: total, of: claim, date: date) }
    }
}
