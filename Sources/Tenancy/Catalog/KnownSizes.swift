internal import Synchronization

/// The sizes of databases on servers, and of all databases together, as they were last measured.
final class KnownSizes: Sendable {
    /// How long the size of a database on a server is not asked for again.
    static let age: Duration = .seconds(60)
    static let maxUsers = 100_000
    /// The total is kept for so many times as long as measuring it took.
    static let restFactor = 10
    /// What takes less time to measure is measured each time.
    static let worthKeeping: Duration = .milliseconds(100)

    private struct Size {
        let bytes: Int64
        /// A database that was made anew has another size.
        let uuid: DatabaseID
        let measuredAt: Duration
    }

    private struct State {
        var sizes = LRUCache<UserID, Size>()
        var total: (bytes: Int64, until: Duration)?
    }

    private let state = Lock(State())

    func size(of config: UserDatabaseConfig, measuredAfter moment: Duration? = nil) -> Int64? {
        state.withLock { state in
            guard let size = state.sizes.use(config.userID), size.uuid == config.uuid else { return nil }
            if let moment, size.measuredAt <= moment { return nil }
            return size.bytes
        }
    }

    func set(_ bytes: Int64, of config: UserDatabaseConfig, now: Duration) {
        state.withLock { state in
            state.sizes.set(Size(bytes: bytes, uuid: config.uuid, measuredAt: now), for: config.userID)
            while state.sizes.count > Self.maxUsers { _ = state.sizes.popOldest() }
        }
    }

    func total(now: Duration) -> Int64? {
        state.withLock { state in state.total.flatMap { now < $0.until ? $0.bytes : nil } }
    }

    func setTotal(_ bytes: Int64, started: Duration, now: Duration) {
        guard now - started >= Self.worthKeeping else { return }
        state.withLock { $0.total = (bytes, now + (now - started) * Self.restFactor) }
    }
}
