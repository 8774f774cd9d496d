internal import Hummingbird
internal import Tenancy

/// The route that lists a user's security events.
struct SecurityEventController: Sendable {
    let accounts: Accounts

    var endpoints: [Endpoint] { [Endpoint(.get, "/api/me/security-events", .user, list)] }

    private func list(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.requireSession().user.id
        var query = scope.query
        let limit = query.limit()
        let position = query.position(in: "/api/me/security-events")
        try query.finish()
        let events = try await accounts.securityEvents(of: userID, before: position.cursor?.id, limit: limit + 1)
        return .page(
            cutting: events, to: limit, at: position, by: { $0.id },
            each: { json, event in
                json.member("id", event.id)
                json.member("event", event.action.rawValue)
                json.member("description", event.action.words(times: event.detail?.times ?? 1))
                json.member("times", event.detail?.times ?? 1)
                json.member("address", event.detail?.address)
                json.member("client", event.detail?.client)
                json.member("created_at", event.date)
            })
    }
}
