internal import Synchronization
internal import Tenancy

/// Recently used sessions, by the hashes of their tokens.
final class SessionCache: Sendable {
    private struct State {
        var sessions: VersionedCache<String, SignedInSession>
        var hashesByUser: [UserID: Set<String>] = [:]

        mutating func keep(_ session: SignedInSession, version: CacheVersion) {
            let (isKept, dropped) = sessions.keep(session, for: session.tokenHash, version: version)
            if isKept { hashesByUser[session.user.id, default: []].insert(session.tokenHash) }
            guard let dropped else { return }
            hashesByUser[dropped.value.user.id]?.remove(dropped.key)
            if hashesByUser[dropped.value.user.id]?.isEmpty == true { hashesByUser[dropped.value.user.id] = nil }
        }
    }

    private let state: Lock<State>

    init(maxSessions: Int = 50_000) { state = Lock(State(sessions: VersionedCache(limit: maxSessions))) }

    /// The session, and the version to pass back with what is read from the main database.
    func find(_ hash: String) -> (session: SignedInSession?, version: CacheVersion) {
        state.withLock { ($0.sessions.value(for: hash), $0.sessions.version) }
    }

    func keep(_ session: SignedInSession, version: CacheVersion) {
        state.withLock { $0.keep(session, version: version) }
    }

    /// Keeps in mind when a session was last written down to be used.
    func noteUse(of session: SignedInSession, date: Timestamp) {
        state.withLock { $0.sessions.update(session.tokenHash) { $0.usedAt = date } }
    }

    func invalidate(_ change: ChangeFeed.Change) {
        state.withLock { state in
            switch change {
            case .user(let userID):
                state.sessions.invalidate(contentsOf: state.hashesByUser.removeValue(forKey: userID) ?? [])
            case .keys: state.sessions.invalidate(contentsOf: [])
            case .everything:
                state.sessions.invalidateAll()
                state.hashesByUser.removeAll()
            }
        }
    }
}
