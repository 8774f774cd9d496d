internal import Hummingbird
internal import Tenancy

/// What visitors and users do with accounts, whether they ask by the interface or by a page: one set of rules, and one
/// count of tries.
struct AccountActions: Sendable {
    let accounts: Accounts
    let throttle: SignInThrottle
    /// Whether clients reach the server by TLS, so that the cookie may be sent by nothing else.
    let isSecure: Bool

    /// - Throws: ``Problem`` `invalid_fields`; ``AccountConflict``; what provisioning throws.
    func register(
        _ fields: inout FieldReader, from client: Client
    ) async throws -> (created: Accounts.Created, token: SessionToken) {
        let username = fields.checked("username", AccountRules.fault(inUsername:))
        let email = fields.checked("email", AccountRules.fault(inEmail:))
        let password = fields.checked("password") {
            PasswordRules.fault(in: Secret($0), username: username, email: email)
        }
        try fields.finish()
        let token = SessionToken.random()
        let created = try await accounts.create(
            Accounts.NewUser(username: username, email: email, password: Secret(password)), token: token,
            client: client)
        return (created, token)
    }

    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `account_suspended`.
    func signIn(
        _ fields: inout FieldReader, from client: Client
    ) async throws -> (user: UserAccount, token: SessionToken) {
        let username = fields.title("username", maxLength: 1000, isRequired: true) ?? ""
        let password = fields.checked("password") { $0.utf8.count > 100_000 ? "is too long" : nil }
        try fields.finish()
        try throttle.take(username: username, address: client.address)
        let (user, token) = try await accounts.signIn(
            username: username, password: Secret(password), client: client)
        throttle.giveBack(username: username, address: client.address)
        return (user, token)
    }

    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`.
    func changePassword(_ fields: inout FieldReader, of session: SignedInSession, from client: Client) async throws {
        let current = fields.checked("current_password") { _ in nil }
        let new = fields.checked("new_password") {
            PasswordRules.fault(in: Secret($0), username: session.user.username, email: session.user.email)
        }
        try fields.finish()
        try await throttled(session, client) {
            try await accounts.changePassword(of: session, from: Secret(current), to: Secret(new))
        }
    }

    /// Puts the account into grace.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `last_admin` (409).
    func delete(_ fields: inout FieldReader, of session: SignedInSession, from client: Client) async throws {
        let password = fields.checked("password") { _ in nil }
        try fields.finish()
        try await throttled(session, client) { try await accounts.verify(Secret(password), of: session.user.id) }
        do {
            try await accounts.delete(session.user.id, actor: session.user.id)
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            throw Problem(status: .conflict, code: "last_admin", detail: error.message)
        }
    }

    /// A stolen session must not be good for guessing the password either.
    private func throttled(
        _ session: SignedInSession, _ client: Client, _ body: () async throws -> Void
    ) async throws {
        try throttle.take(username: session.user.username, address: client.address)
        try await body()
        throttle.giveBack(username: session.user.username, address: client.address)
    }

    func cookie(of token: SessionToken) -> Cookie {
        cookie(token.text, maxAge: Int(SessionRepository.lifetime.components.seconds))
    }

    /// Makes a browser forget the session.
    var noCookie: Cookie { cookie("", maxAge: 0) }

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
