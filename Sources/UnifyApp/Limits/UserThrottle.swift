internal import DequeModule
internal import Synchronization
internal import Tenancy

/// Answers a few requests of each user at the same time, lets a bounded number wait for their turn, and refuses the rest at
/// once: however much one user asks for, others wait behind a few of their requests only.
///
/// Lives in the memory of one process: with several processes a user has the limits several times.
final class UserThrottle: Sendable {
    static let maxUsers = 100_000

    private struct Use {
        /// Requests that are answered or wait for their turn.
        var count = 0
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
        /// Requests that may still be made at once.
        var allowance: Double
        var updated: Duration
    }

    private let limits: UserLimits
    private let time: any TimeSource
    private let users = Lock(LRUCache<UserID, Use>())

    init(limits: UserLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
    }

    /// - Throws: ``Problem`` `too_many_requests` (429).
    func admit<Result>(_ userID: UserID, _ body: () async throws -> Result) async throws -> Result {
        guard let mustWait = enter(userID) else { throw Problem.tooManyRequests }
        if mustWait { await waitForTurn(userID) }
        defer { leave(userID) }
        return try await body()
    }

    /// Counts a request.
    /// - Returns: whether it is not its turn yet; nil where it is one too many.
    private func enter(_ userID: UserID) -> Bool? {
        let now = time.monotonicNow
        let burst = Double(limits.requestsPerSecond ?? 0) * 2
        return users.withLock { users in
            var use = users.use(userID) ?? Use(allowance: burst, updated: now)
            if let rate = limits.requestsPerSecond {
                use.allowance = min(burst, use.allowance + (now - use.updated) / .seconds(1) * Double(rate))
                use.updated = now
                guard use.allowance >= 1 else { return nil }
            }
            guard use.count < limits.concurrentRequests else { return nil }
            use.allowance -= 1
            use.count += 1
            users.set(use, for: userID)
            while users.count > Self.maxUsers, let oldest = users.oldestKey, users.peek(oldest)?.count == 0 {
                users.remove(oldest)
            }
            return use.count > limits.parallelRequests
        }
    }

    private func waitForTurn(_ userID: UserID) async {
        await withCheckedContinuation { continuation in
            let isTurn = users.withLock { users in
                guard var use = users.use(userID), use.count - use.waiting.count > limits.parallelRequests else {
                    return true
                }
                use.waiting.append(continuation)
                users.set(use, for: userID)
                return false
            }
            if isTurn { continuation.resume() }
        }
    }

    private func leave(_ userID: UserID) {
        let next = users.withLock { users -> CheckedContinuation<Void, Never>? in
            guard var use = users.use(userID) else { return nil }
            use.count -= 1
            let next = use.waiting.popFirst()
            if use.count == 0, limits.requestsPerSecond == nil {
                users.remove(userID)
            } else {
                users.set(use, for: userID)
            }
            return next
        }
        next?.resume()
    }
}
