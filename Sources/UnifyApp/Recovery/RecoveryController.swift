internal import Hummingbird
internal import Tenancy

/// The route by which a program sets a new password with a link's token.
struct RecoveryController: Sendable {
    let actions: AccountActions

    var endpoints: [Endpoint] { [Endpoint(.post, "/api/password-reset", .anyone, reset)] }

    private func reset(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields()
        let token = fields.checked("token") { $0.isEmpty || $0.utf8.count > 100 ? "must be the link's token" : nil }
        _ = fields.rawText("password")
        try fields.finish()
        try await actions.usePasswordLink(SessionToken(text: token), &fields, from: scope.client)
        return .noContent
    }
}
