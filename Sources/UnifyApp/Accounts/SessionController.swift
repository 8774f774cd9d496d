internal import Hummingbird
internal import Tenancy

/// The routes by which a user sees their sessions and ends them.
struct SessionController: Sendable {
    let accounts: Accounts

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/me/sessions", .user, list).urgent,
            Endpoint(.delete, "/api/me/sessions", .user, endOthers).urgent,
            Endpoint(.delete, "/api/me/sessions/{id}", .user, end).urgent,
        ]
    }

    /// All sessions: there are at most ``SessionRepository/maxPerUser``.
    private func list(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        try scope.finishHead()
        let sessions = try await accounts.sessions(of: session.user)
        return .json { json in
            json.name("items")
            json.array(sessions) { json, entry in
                json.object {
                    $0.member("id", entry.summary.id)
                    $0.member("client", entry.summary.client)
                    $0.member("address", entry.summary.address)
                    $0.member("created_at", entry.summary.createdAt)
                    $0.member("used_at", entry.summary.usedAt ?? entry.summary.createdAt)
                    $0.member("expires_at", entry.end)
                    $0.member("is_current", entry.summary.id == session.id)
                }
            }
            json.null("next_cursor")
        }
    }

    private func endOthers(_ scope: RequestScope) async throws -> Response {
        try await accounts.endOtherSessions(than: try scope.requireSession(), from: scope.client)
        return .noContent
    }

    private func end(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.requireSession().user.id
        guard try await accounts.endSession(try scope.pathID(), of: userID, from: scope.client) else {
            throw Problem.notFound
        }
        return .noContent
    }
}
