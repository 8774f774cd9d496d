internal import Hummingbird
internal import Tenancy

/// The routes by which an administrator gets leave to read a user's data, and by which the user learns of it.
struct DataAccessController: Sendable {
    let accounts: Accounts

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/admin/user/{id}/access", .admin, open).confirmed,
            Endpoint(.get, "/api/me/accesses", .user, list).urgent,
            Endpoint(.delete, "/api/me/accesses/{id}", .user, end).urgent,
        ]
    }

    private func open(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.pathUserID()
        let session = try scope.requireSession()
        var fields = try await scope.fields(["reason"])
        let reason = fields.title("reason", maxLength: DataAccess.maxReason, isRequired: true) ?? ""
        if !reason.isEmpty, let fault = DataAccess.fault(inReason: reason) { fields.reject("reason", fault) }
        try fields.finish()
        let (access, token) = try await accounts.openAccess(to: userID, by: session, reason: reason)
        return .json(.created) { json in
            json.member("access_id", access.id)
            json.member("user_id", access.userID.rawValue)
            json.member("token", token.text)
            json.member("read_only", true)
            json.member("expires_at", access.expiresAt)
        }
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.requireSession().user.id
        var query = scope.query
        let limit = query.limit()
        let position = query.position(in: "/api/me/accesses")
        try query.finish()
        let accesses = try await accounts.accesses(to: userID, before: position.cursor?.id, limit: limit + 1)
        return .page(
            cutting: accesses, to: limit, at: position, by: { $0.access.id },
            each: { json, entry in
                json.member("id", entry.access.id)
                json.member("admin_id", entry.access.actorID.rawValue)
                json.member("admin_username", entry.actorName)
                json.member("reason", entry.access.reason)
                json.member("created_at", entry.access.createdAt)
                json.member("expires_at", entry.access.expiresAt)
                json.member("ended_at", entry.access.endedAt)
                json.member("is_open", entry.isOpen)
            })
    }

    private func end(_ scope: RequestScope) async throws -> Response {
        try await accounts.endAccess(try scope.pathID(), of: try scope.requireSession().user.id)
        return .noContent
    }
}
