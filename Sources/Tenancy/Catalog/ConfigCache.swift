internal import Synchronization

/// Recently read configs, and users found to have none.
package final class ConfigCache: Sendable {
    /// Both are invalidated together, so they have the same version.
    private struct State {
        var known: VersionedCache<UserID, UserDatabaseConfig>
        var unknown: VersionedCache<UserID, Void>
    }

    /// The result of a look-up.
    package enum Answer {
        case config(UserDatabaseConfig)
        case none
        /// Not cached. Read the main database and pass this version to ``keep(_:for:version:)``.
        case ask(version: CacheVersion)
    }

    private let state: Lock<State>

    package init(maxKnown: Int = 100_000, maxUnknown: Int = 10_000) {
        state = Lock(State(known: VersionedCache(limit: maxKnown), unknown: VersionedCache(limit: maxUnknown)))
    }

    package func answer(for userID: UserID) -> Answer {
        state.withLock { state in
            if case .known(let config) = state.known.answer(for: userID) { return .config(config) }
            return switch state.unknown.answer(for: userID) {
            case .known: .none
            case .ask(let version): .ask(version: version)
            }
        }
    }

    /// Caches what was read from the main database, unless it was invalidated since.
    package func keep(_ config: UserDatabaseConfig?, for userID: UserID, version: CacheVersion) {
        state.withLock { state in
            if let config {
                state.known.keep(config, for: userID, version: version)
            } else {
                state.unknown.keep((), for: userID, version: version)
            }
        }
    }

    /// Forgets a user.
    /// - Returns: the cached epoch.
    package func invalidate(_ userID: UserID) -> Int64? {
        state.withLock { state in
            state.unknown.invalidate(userID)
            return state.known.invalidate(userID)?.epoch
        }
    }

    package func invalidateAll() {
        state.withLock { state in
            state.known.invalidateAll()
            state.unknown.invalidateAll()
        }
    }

    package var counts: (known: Int, unknown: Int) { state.withLock { ($0.known.count, $0.unknown.count) } }
}
