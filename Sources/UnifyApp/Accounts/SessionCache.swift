internal import Synchronization
internal import Tenancy

/// Recently used sessions. A look-up that began before an invalidation is not kept (``CacheVersion``).
final class SessionCache: Sendable {
    private struct State {
        var sessions = LRUCache<String, SignedInSession>()
        var hashesByUser: [UserID: Set<String>] = [:]
        var version = CacheVersion()

        mutating func remove(_ hash: String) {
            guard let session = sessions.remove(hash) else { return }
            hashesByUser[session.user.id]?.remove(hash)
            if hashesByUser[session.user.id]?.isEmpty == true { hashesByUser[session.user.id] = nil }
        }
    }

    private let maxSessions: Int
    private let state = Lock(State())

    init(maxSessions: Int = 50_000) { self.maxSessions = maxSessions }

    /// The session, or the version to pass back with what is read from the main database.
    func find(_ hash: String) -> (session: SignedInSession?, version: CacheVersion) {
        state.withLock { ($0.sessions.use(hash), $0.version) }
    }

    func keep(_ session: SignedInSession, version: CacheVersion) {
        state.withLock { state in
            guard state.version == version else { return }
            state.sessions.set(session, for: session.tokenHash)
            state.hashesByUser[session.user.id, default: []].insert(session.tokenHash)
            if state.sessions.count > maxSessions, let oldest = state.sessions.oldestKey { state.remove(oldest) }
        }
    }

    /// Keeps in mind when a session was last written down to be used.
    func noteUse(of session: SignedInSession, date: Timestamp) {
        state.withLock { state in
            guard var known = state.sessions.peek(session.tokenHash) else { return }
            known.usedAt = date
            state.sessions.set(known, for: session.tokenHash)
        }
    }

    func invalidate(_ change: ChangeFeed.Change) {
        state.withLock { state in
            state.version.invalidate()
            switch change {
            case .user(let userID): for hash in state.hashesByUser[userID] ?? [] { state.remove(hash) }
            case .keys: break
            case .everything:
                state.sessions.removeAll()
                state.hashesByUser.removeAll()
            }
        }
    }
}
