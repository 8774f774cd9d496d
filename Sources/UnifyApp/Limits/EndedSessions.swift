internal import Tenancy

/// Closes the connections on which an ended session still reads an answer or sends a body. They would count against its
/// user until the client has finished.
struct EndedSessions: Sendable {
    let accounts: Accounts
    let throttle: UserConcurrencyLimiter
    let bodies: IncomingBodies

    /// Call it after the accounts know of the change.
    func follow(_ change: ChangeFeed.Change) async {
        switch change {
        case .user(let userID): await close(of: userID)
        case .keys: break
        case .everything: await close(of: nil)
        }
    }

    private func close(of userID: UserID?) async {
        for session in throttle.sessions(of: userID).union(bodies.sessions(of: userID)) {
            // What cannot be read now ends by its time limits.
            guard (try? await accounts.isValid(session)) == false else { continue }
            throttle.end(session, of: userID)
            bodies.end(session, of: userID)
        }
    }
}
