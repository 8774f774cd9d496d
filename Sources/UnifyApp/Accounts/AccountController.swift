internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The routes of registration, signing in, and the account itself.
struct AccountController: Sendable {
    let actions: AccountActions
    let manager: MultiTenantDatabaseManager
    let limits: UserLimits
    let isMultiTenant: Bool

    private var accounts: Accounts { actions.accounts }

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/api/register", .anyone, register),
            Endpoint(.post, "/api/login", .anyone, login),
            Endpoint(.post, "/api/logout", .user, logout).urgent,
            Endpoint(.get, "/api/me", .user, me),
            Endpoint(.delete, "/api/me", .user, delete),
            Endpoint(.put, "/api/me/password", .user, changePassword).urgent,
            Endpoint(.put, "/api/me/username", .user, changeUsername),
            Endpoint(.put, "/api/me/email", .user, changeEmail),
            Endpoint(.post, "/api/me/confirm", .user, confirm),
        ]
    }

    private func register(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(["username", "email", "password", "invitation"])
        let (created, token) = try await actions.register(&fields, from: scope.client)
        return signedIn(created.user, token, status: .created) { json in
            json.name("user")
            json.user(created.user)
            json.name("database")
            json.object {
                $0.member("engine", (created.config?.engine ?? accounts.main.engine.kind).rawValue)
                $0.member("state", created.config?.state.rawValue ?? "shared")
            }
        }
    }

    private func login(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(["username", "password", "code"])
        let new = try await actions.signIn(&fields, from: scope.client)
        return signedIn(new.user, new.token, status: .ok) { json in
            json.name("user")
            json.user(new.user)
            json.member("failed_tries", new.failedTries)
        }
    }

    private func logout(_ scope: RequestScope) async throws -> Response {
        try await accounts.signOut(try scope.requireSession())
        var response = Response.noContent
        response.setCookie(actions.cookie.forgotten)
        return response
    }

    private func me(_ scope: RequestScope) async throws -> Response {
        let user = try scope.requireSession().user
        let config = isMultiTenant ? try await manager.loadUserDatabaseConfig(user.id) : nil
        let size = try await sizeBytes(of: config)
        return .json { json in
            json.name("user")
            json.user(user)
            json.name("database")
            json.object {
                $0.member("engine", (config?.engine ?? accounts.main.engine.kind).rawValue)
                $0.member("state", config?.state.rawValue ?? "shared")
                $0.member("schema_version", Int64(config?.schemaVersion ?? accounts.main.schema.version))
                $0.member("size_bytes", size)
                let bound = size == nil ? nil : limits.maxDatabaseBytes
                $0.member("max_bytes", bound)
                $0.member("nearly_full", limits.isNearlyFull(size))
                $0.attachment(config)
            }
            json.member("multi_tenant", isMultiTenant)
        }
    }

    /// Nil in single-database mode, where no database belongs to one user.
    private func sizeBytes(of config: UserDatabaseConfig?) async throws -> Int64? {
        guard let config else { return nil }
        return await manager.statistics(of: config).sizeBytes
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["password"])
        try await actions.delete(&fields, of: session, from: scope.client)
        var response = Response(status: .accepted)
        response.setCookie(actions.cookie.forgotten)
        return response
    }

    private func changePassword(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["current_password", "new_password"])
        let cookie = try await actions.changePassword(&fields, of: session, from: scope.client)
        var response = Response.noContent
        if let cookie { response.setCookie(cookie) }
        return response
    }

    private func changeUsername(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(["username", "password"])
        let user = try await actions.changeUsername(&fields, of: try scope.requireSession(), from: scope.client)
        return Self.answer(user)
    }

    private func changeEmail(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields(["email", "password"])
        let user = try await actions.changeEmail(&fields, of: try scope.requireSession(), from: scope.client)
        return Self.answer(user)
    }

    private static func answer(_ user: UserAccount) -> Response {
        .json { json in
            json.name("user")
            json.user(user)
        }
    }

    private func confirm(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields(["password", "code"])
        try await actions.confirm(&fields, of: session, from: scope.client)
        return .noContent
    }

    private func signedIn(
        _ user: UserAccount, _ token: SessionToken, status: HTTPResponse.Status, _ body: (inout JSONWriter) -> Void
    ) -> Response {
        var response = Response.json(status) { json in
            body(&json)
            json.member("token", token.text)
        }
        response.setCookie(actions.sessionCookie(of: token, for: user))
        return response
    }
}

extension JSONWriter {
    mutating func user(_ user: UserAccount) {
        object {
            $0.member("id", user.id.rawValue)
            $0.member("username", user.username)
            $0.member("email", user.email)
            $0.member("is_admin", user.isAdmin)
            $0.member("created_at", user.createdAt)
        }
    }
}
