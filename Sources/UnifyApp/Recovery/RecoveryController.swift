internal import Hummingbird
internal import Tenancy

/// The route by which a program sets a new password with a link's token.
struct RecoveryController: Sendable {
    let actions: AccountActions

    var endpoints: [Endpoint] { [Endpoint(.post, "/api/password-reset", .anyone, reset)] }

    private func reset(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(["token", "password"])
        let text = fields.checked("token") { SessionToken(wellFormed: $0) == nil ? "must be the link's token" : nil }
        _ = fields.rawText("password")
        try fields.finish()
        try await actions.usePasswordLink(SessionToken(text: text), &fields, from: scope.client)
        return .noContent
    }
}
