internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// The routes of registration, signing in, and the account itself.
struct AccountController: Sendable {
    let accounts: Accounts
    let manager: MultiTenantDatabaseManager
    let throttle: SignInThrottle
    let limits: UserLimits
    let isMultiTenant: Bool
    /// Whether clients reach the server by TLS, so that the cookie may be sent by nothing else.
    let isSecure: Bool

    var endpoints: [Endpoint] {
        [
            Endpoint(.post, "/api/register", .anyone, register),
            Endpoint(.post, "/api/login", .anyone, login),
            Endpoint(.post, "/api/logout", .user, logout),
            Endpoint(.get, "/api/me", .user, me),
            Endpoint(.delete, "/api/me", .user, delete),
            Endpoint(.put, "/api/me/password", .user, changePassword),
        ]
    }

    private func register(_ scope: RequestScope) async throws -> Response {
        var fields = try await scope.fields()
        let username = fields.checked("username", AccountRules.fault(inUsername:))
        let email = fields.checked("email", AccountRules.fault(inEmail:))
        let password = fields.checked("password", AccountRules.fault(inPassword:))
        try fields.finish()
        let token = SessionToken.random()
        let created = try await accounts.create(
            Accounts.NewUser(username: username, email: email, password: Secret(password)), token: token)
        return signedIn(token, status: .created) { json in
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
        var fields = try await scope.fields()
        let username = fields.title("username", maxLength: 1000, isRequired: true) ?? ""
        let password = fields.checked("password") { $0.utf8.count > 100_000 ? "is too long" : nil }
        try fields.finish()
        let address = scope.context.remoteAddress?.ipAddress ?? "-"
        try throttle.take(username: username, address: address)
        let (user, token) = try await accounts.signIn(username: username, password: Secret(password))
        throttle.giveBack(username: username, address: address)
        return signedIn(token, status: .ok) { json in
            json.name("user")
            json.user(user)
        }
    }

    private func logout(_ scope: RequestScope) async throws -> Response {
        try await accounts.signOut(try scope.requireSession())
        var response = Response.noContent
        response.setCookie(cookie("", maxAge: 0))
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
            }
            json.member("multi_tenant", isMultiTenant)
        }
    }

    /// Nil in single-database mode, where no database is the user's alone.
    private func sizeBytes(of config: UserDatabaseConfig?) async throws -> Int64? {
        guard let config else { return nil }
        return await manager.statistics(of: config).sizeBytes
    }

    private func delete(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields()
        let password = fields.checked("password") { _ in nil }
        try fields.finish()
        try await throttled(session, scope) { try await accounts.verify(Secret(password), of: session.user.id) }
        do {
            try await accounts.delete(session.user.id, actor: session.user.id)
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            throw Problem(status: .conflict, code: "last_admin", detail: error.message)
        }
        var response = Response(status: .accepted)
        response.setCookie(cookie("", maxAge: 0))
        return response
    }

    private func changePassword(_ scope: RequestScope) async throws -> Response {
        let session = try scope.requireSession()
        var fields = try await scope.fields()
        let current = fields.checked("current_password") { _ in nil }
        let new = fields.checked("new_password", AccountRules.fault(inPassword:))
        try fields.finish()
        try await throttled(session, scope) {
            try await accounts.changePassword(of: session, from: Secret(current), to: Secret(new))
        }
        return .noContent
    }

    /// A stolen session must not be good for guessing the password either.
    private func throttled(_ session: SignedInSession, _ scope: RequestScope, _ body: () async throws -> Void)
        async throws
    {
        let address = scope.context.remoteAddress?.ipAddress ?? "-"
        try throttle.take(username: session.user.username, address: address)
        try await body()
        throttle.giveBack(username: session.user.username, address: address)
    }

    private func signedIn(
        _ token: SessionToken, status: HTTPResponse.Status, _ body: (inout JSONWriter) -> Void
    ) -> Response {
        var response = Response.json(status) { json in
            body(&json)
            json.member("token", token.text)
        }
        response.setCookie(cookie(token.text, maxAge: Int(SessionRepository.lifetime.components.seconds)))
        return response
    }

    private func cookie(_ value: String, maxAge: Int) -> Cookie {
        Cookie(
            name: Authenticator.cookieName, value: value, maxAge: maxAge, path: "/", secure: isSecure, httpOnly: true,
            sameSite: .lax)
    }
}

extension FieldReader {
    /// Required text that a rule of its own judges.
    /// - Returns: the text, or an empty one together with an error.
    fileprivate mutating func checked(_ name: String, _ fault: (String) -> String?) -> String {
        guard let text = rawText(name) else { return "" }
        if let fault = fault(text) { reject(name, fault) }
        return text
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
