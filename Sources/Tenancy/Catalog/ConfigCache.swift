internal import Synchronization

/// Recently read configs, and users found to have none.
///
/// A read that began before an invalidation is not kept (``CacheVersion``).
package final class ConfigCache: Sendable {
    private struct State {
        var known = LRUCache<UserID, UserDatabaseConfig>()
        var unknown = LRUCache<UserID, Void>()
        var version = CacheVersion()
    }

    /// The result of a look-up.
    package enum Answer {
        case config(UserDatabaseConfig)
        case none
        /// Not cached. Read the main database and pass this version to ``keep(_:for:version:)``.
        case ask(version: CacheVersion)
    }

    private let maxKnown: Int
    private let maxUnknown: Int
    private let state = Lock(State())

    package init(maxKnown: Int = 100_000, maxUnknown: Int = 10_000) {
        self.maxKnown = maxKnown
        self.maxUnknown = maxUnknown
    }

    package func answer(for userID: UserID) -> Answer {
        state.withLock { state in
            if let config = state.known.use(userID) { return .config(config) }
            if state.unknown.use(userID) != nil { return .none }
            return .ask(version: state.version)
        }
    }

    /// Caches what was read from the main database, unless it was invalidated since.
    package func keep(_ config: UserDatabaseConfig?, for userID: UserID, version: CacheVersion) {
        state.withLock { state in
            guard state.version == version else { return }
            if let config {
                state.known.set(config, for: userID)
                if state.known.count > maxKnown { _ = state.known.popOldest() }
            } else {
                state.unknown.set((), for: userID)
                if state.unknown.count > maxUnknown { _ = state.unknown.popOldest() }
            }
        }
    }

    /// Forgets a user.
    /// - Returns: the cached epoch.
    package func invalidate(_ userID: UserID) -> Int64? {
        state.withLock { state in
            state.version.invalidate()
            state.unknown.remove(userID)
            return state.known.remove(userID)?.epoch
        }
    }

    package func invalidateAll() {
        state.withLock { state in
            state.version.invalidate()
            state.known.removeAll()
            state.unknown.removeAll()
        }
    }

    package var counts: (known: Int, unknown: Int) { state.withLock { ($0.known.count, $0.unknown.count) } }
}
