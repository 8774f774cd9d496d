internal import Hummingbird
internal import Tenancy

/// The routes of the second factor: a user's own, and the one by which an administrator ends one that was lost.
struct SecondFactorController: Sendable {
    let actions: AccountActions

    private var accounts: Accounts { actions.accounts }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/api/me/totp", .user, show), Endpoint(.post, "/api/me/totp", .user, begin),
            Endpoint(.post, "/api/me/totp/confirm", .user, confirm),
            Endpoint(.post, "/api/me/totp/recovery-codes", .user, renew),
            Endpoint(.delete, "/api/me/totp", .user, end),
            Endpoint(.post, "/admin/user/{id}/second-factor/reset", .admin, reset).confirmed,
        ]
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let factor = try await accounts.secondFactor(of: try scope.requireSession().user.id)
        return .json { json in
            json.member("enabled", factor?.confirmedAt != nil)
            json.member("enabled_at", factor?.confirmedAt)
            json.member("recovery_codes_left", factor?.recoveryCodes ?? 0)
        }
    }

    private func begin(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["password"])
        let setup = try await actions.beginSecondFactor(&fields, of: session, from: scope.client)
        return .json { json in
            json.member("secret", setup.secret.unsafeReveal())
            json.member("otpauth_url", setup.url.unsafeReveal())
            json.member("qr", setup.code.svg)
        }
    }

    private func confirm(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["code"])
        return Self.recoveryCodes(try await actions.confirmSecondFactor(&fields, of: session, from: scope.client))
    }

    private func renew(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["password", "code"])
        return Self.recoveryCodes(try await actions.renewRecoveryCodes(&fields, of: session, from: scope.client))
    }

    private static func recoveryCodes(_ codes: [String]) -> Response {
        .json { json in
            json.name("recovery_codes")
            json.array(codes) { $0.string($1) }
        }
    }

    private func end(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["password", "code"])
        try await actions.endSecondFactor(&fields, of: session, from: scope.client)
        return .noContent
    }

    private func reset(_ scope: RequestScope) async throws -> Response {
        try await accounts.resetSecondFactor(
            of: try scope.pathUserID(), actor: try scope.requireSession().user.id)
        return .noContent
    }
}
