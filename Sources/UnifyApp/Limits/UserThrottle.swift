internal import Synchronization
internal import Tenancy

/// Lets each user have a bounded number of requests answered at a time, and so many in a second. One too many is refused at
/// once: who waits here would hold what others need.
///
/// Lives in the memory of one process: with several processes a user has the limits several times.
final class UserThrottle: Sendable {
    static let maxUsers = 100_000

    private struct Use {
        var running = 0
        /// Requests that may still be made at once.
        var allowance: Double
        var updated: Duration
    }

    private let limits: UserLimits
    private let time: any TimeSource
    private let users = Mutex(LRUCache<UserID, Use>())

    init(limits: UserLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
    }

    /// - Throws: ``Problem`` `too_many_requests` (429).
    func admit<Result>(_ userID: UserID, _ body: () async throws -> Result) async throws -> Result {
        try enter(userID)
        defer { leave(userID) }
        return try await body()
    }

    private func enter(_ userID: UserID) throws {
        let now = time.monotonicNow
        let burst = Double(limits.requestsPerSecond ?? 0) * 2
        let isAdmitted = users.withLock { users in
            var use = users.use(userID) ?? Use(allowance: burst, updated: now)
            if let rate = limits.requestsPerSecond {
                use.allowance = min(burst, use.allowance + (now - use.updated) / .seconds(1) * Double(rate))
                use.updated = now
                guard use.allowance >= 1 else { return false }
            }
            guard use.running < limits.concurrentRequests else { return false }
            use.allowance -= 1
            use.running += 1
            users.set(use, for: userID)
            while users.count > Self.maxUsers { _ = users.popOldest() }
            return true
        }
        guard isAdmitted else { throw Problem.tooManyRequests }
    }

    private func leave(_ userID: UserID) {
        users.withLock { users in
            // Forgotten meanwhile: then there is nothing to give back.
            guard var use = users.use(userID), use.running > 0 else { return }
            use.running -= 1
            users.set(use, for: userID)
        }
    }
}
