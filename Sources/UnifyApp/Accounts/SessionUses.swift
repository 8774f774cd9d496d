internal import Synchronization
internal import Tenancy

/// When this process last wrote down that sessions were used, so that it does so at the interval of each alone.
final class SessionUses: Sendable {
    private static let maxSessions = 10_000
    private let written = Lock(LRUCache<Int64, Timestamp>())

    /// Whether a use should be recorded now; if so, it counts as recorded.
    func isDue(_ session: SignedInSession, at date: Timestamp) -> Bool {
        written.withLock { written in
            let last = max(written.use(session.id) ?? session.createdAt, session.usedAt ?? session.createdAt)
            guard last.adding(SessionLimits.useInterval(isAdmin: session.user.isAdmin)) <= date else { return false }
            written.set(date, for: session.id)
            while written.count > Self.maxSessions { _ = written.popOldest() }
            return true
        }
    }
}
