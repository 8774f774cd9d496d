internal import Hummingbird
internal import Tenancy

/// The routes by which an administrator helps a user with their account.
struct AdminUserController: Sendable {
    let accounts: Accounts
    let settings: Settings

    var endpoints: [Endpoint] {
        [
            Endpoint(.patch, "/admin/users/{id}", .admin, cost: .long, update).confirmed,
            Endpoint(.post, "/admin/users/{id}/password-reset", .admin, cost: .long, makePasswordLink).confirmed,
            Endpoint(.post, "/admin/users/{id}/sign-out", .admin, cost: .long, signOut).confirmed,
        ]
    }

    private func update(_ scope: RequestScope) async throws -> Response {
        let userID = try scope.pathUserID()
        let actor = try scope.requireSession().user.id
        var fields = try await scope.fields(["username", "email"])
        let username = fields.has("username") ? fields.checked("username", AccountRules.fault(inUsername:)) : nil
        let email = fields.has("email") ? fields.checked("email", AccountRules.fault(inEmail:)) : nil
        try fields.finish()
        try await accounts.setIdentity(.init(username: username, email: email), of: userID, actor: actor)
        guard let user = try await accounts.user(userID) else { throw Problem.notFound }
        return .json { json in
            json.name("user")
            json.user(user)
        }
    }

    private func makePasswordLink(_ scope: RequestScope) async throws -> Response {
        let actor = try scope.requireSession().user.id
        let link = try await refusing {
            try await accounts.makePasswordLink(
                of: try scope.pathUserID(), byAdministrator: actor, settings: settings)
        }
        return .json(.created) { json in
            json.member("link", link.url)
            json.member("expires_at", link.expiresAt)
            json.member("note", link.note)
        }
    }

    private func signOut(_ scope: RequestScope) async throws -> Response {
        try await accounts.signOutEverywhere(try scope.pathUserID(), actor: try scope.requireSession().user.id)
        return .noContent
    }

    private func refusing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            throw Problem(status: .conflict, code: "refused", detail: error.message)
        }
    }
}
