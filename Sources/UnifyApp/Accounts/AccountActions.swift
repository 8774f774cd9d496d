internal import Hummingbird
internal import Tenancy

/// What visitors and users do with accounts, for both the interface and the pages: one set of rules, and one count of
/// attempts.
struct AccountActions: Sendable {
    let accounts: Accounts
    let throttle: SignInThrottle
    let registrations: RegistrationThrottle
    let policy: RegistrationPolicy
    let storage: StorageGuard
    let cookie: TokenCookie
    /// Holds a sign-in until its code is entered.
    let pendingCookie: TokenCookie
    /// Holds the token of a link by which a new password is set.
    let linkCookie: TokenCookie

    /// - Throws: ``Problem`` `registration_closed`, `invitation_required`, `invitation_invalid`, `invalid_fields`,
    ///   `too_many_tries`, `overloaded`, `storage_full`, `no_place_for_accounts`; ``AccountConflict``; errors of
    ///   provisioning.
    func register(
        _ fields: inout FieldReader, from client: Client
    ) async throws -> (created: Accounts.Created, token: SessionToken) {
        if policy == .closed { throw Problem.registrationClosed }
        try storage.requireForAccount()
        let username = fields.checked("username", AccountRules.fault(inUsername:))
        let email = fields.checked("email", AccountRules.fault(inEmail:))
        let password = fields.checked("password") {
            PasswordRules.fault(in: Secret($0), username: username, email: email)
        }
        let invitation = fields.text("invitation", maxLength: 100).optional.flatMap { $0.isBlank ? nil : $0 }
        try fields.finish()
        if policy == .invite, invitation == nil { throw Problem.invitationRequired }
        let token = SessionToken.random()
        do {
            let created = try await registrations.counting(from: client) {
                try await Problem.settingUpAccount {
                    try await accounts.create(
                        Accounts.NewUser(username: username, email: email, password: Secret(password)), token: token,
                        client: client, invitation: policy == .invite ? invitation : nil)
                }
            }
            storage.note(grownBytes: StorageGuard.accountBytes)
            return (created, token)
        } catch let conflict as AccountConflict {
            accounts.noteFailure(.registerRefused, name: username, from: client)
            throw conflict
        }
    }

    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `account_suspended`.
    func signIn(
        _ fields: inout FieldReader, from client: Client
    ) async throws -> Accounts.SignedIn {
        let code = fields.code()
        let (name, password) = try credentials(&fields)
        return try await tried(name, client) { place in
            try await accounts.signIn(name, password: password, code: code, client: client, in: place)
        }
    }

    private func credentials(_ fields: inout FieldReader) throws -> (SignInName, Secret<String>) {
        let username = fields.title("username", maxLength: 1000, isRequired: true) ?? ""
        let password = fields.checked("password") { $0.utf8.count > 100_000 ? "is too long" : nil }
        try fields.finish()
        return (SignInName(username), Secret(password))
    }

    /// The same for a page, which asks for the code separately; only its token has to be sent on.
    func signInOnPage(_ fields: inout FieldReader, from client: Client) async throws -> Accounts.PageSignIn {
        let (name, password) = try credentials(&fields)
        return try await tried(name, client) { place in
            try await accounts.signInOnPage(name, password: password, client: client, in: place)
        }
    }

    /// Completes a sign-in on a page with the code.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`; `not_signed_in` if it has
    ///   expired.
    func finishSignIn(
        _ fields: inout FieldReader, of pending: SessionToken, from client: Client
    ) async throws -> Accounts.SignedIn {
        guard let user = try await accounts.pendingUser(of: pending) else { throw Problem.notSignedIn }
        let code = fields.checked("code") { $0.isEmpty ? "is required" : nil }
        try fields.finish()
        return try await tried(SignInName(user.username), client) { _ in
            try await accounts.finishSignIn(pending, of: user, code: code, client: client)
        }
    }

    /// - Returns: the new cookie of a session by cookie.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`.
    func changePassword(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> Cookie? {
        let current = fields.checked("current_password") { _ in nil }
        let new = fields.checked("new_password") {
            PasswordRules.fault(in: Secret($0), username: session.user.username, email: session.user.email)
        }
        try fields.finish()
        let renewed = try await throttled(session, client) {
            let checked = try await accounts.verify(Secret(current), of: session, from: client)
            return try await accounts.changePassword(of: session, from: checked, to: Secret(new), client: client)
        }
        return renewed.map { sessionCookie(of: $0, for: session.user) }
    }

    /// Puts the account into grace.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `last_admin` (409).
    func delete(_ fields: inout FieldReader, of session: SignedInSession, from client: Client) async throws {
        let password = fields.checked("password") { _ in nil }
        try fields.finish()
        do {
            try await throttled(session, client) {
                let checked = try await accounts.verify(Secret(password), of: session, from: client)
                try await accounts.delete(by: session, checked, client: client)
            }
        } catch let error as TenancyError where error.code == .invalidConfiguration {
            throw Problem(status: .conflict, code: "last_admin", detail: error.message)
        }
    }

    /// Gives the password again.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`.
    func confirm(_ fields: inout FieldReader, of session: SignedInSession, from client: Client) async throws {
        let password = fields.checked("password") { _ in nil }
        let code = fields.code()
        try fields.finish()
        try await throttled(session, client) {
            try await accounts.confirm(session, password: Secret(password), code: code, client: client)
        }
    }

    // MARK: The second factor

    /// Makes a secret for the user's app.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `second_factor_on`.
    func beginSecondFactor(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> SecondFactorSetup {
        let password = fields.checked("password") { _ in nil }
        try fields.finish()
        return try await throttled(session, client) {
            let checked = try await accounts.verify(Secret(password), of: session, from: client)
            return try await accounts.beginSecondFactor(of: session, checked, client: client)
        }
    }

    /// Switches the second factor on.
    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_code`, `second_factor_on`, `second_factor_off`.
    func confirmSecondFactor(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> [String] {
        let code = fields.checked("code") { _ in nil }
        try fields.finish()
        return try await throttled(session, client) {
            try await accounts.confirmSecondFactor(of: session, code: code, client: client)
        }
    }

    /// - Throws: ``Problem`` `invalid_fields`, `too_many_tries`, `invalid_credentials`, `second_factor_off`.
    func renewRecoveryCodes(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws -> [String] {
        try await withBothFactors(&fields, of: session, from: client) { password, code in
            try await accounts.renewRecoveryCodes(of: session, password, code, client: client)
        }
    }

    /// Switches the second factor off.
    /// - Throws: as ``renewRecoveryCodes(_:of:from:)``.
    func endSecondFactor(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client
    ) async throws {
        try await withBothFactors(&fields, of: session, from: client) { password, code in
            try await accounts.endSecondFactor(of: session, password, code, client: client)
        }
    }

    private func withBothFactors<Result: Sendable>(
        _ fields: inout FieldReader, of session: SignedInSession, from client: Client,
        _ body: (CheckedPassword, Accounts.CheckedCode) async throws -> Result
    ) async throws -> Result {
        let password = fields.checked("password") { _ in nil }
        let code = fields.code()
        try fields.finish()
        return try await throttled(session, client) {
            let checked = try await accounts.verify(Secret(password), of: session, from: client)
            return try await body(checked, try await accounts.check(code, of: session.user, from: client))
        }
    }

    /// A stolen session must not be good for guessing the password either.
    func throttled<Result: Sendable>(
        _ session: SignedInSession, _ client: Client, _ body: () async throws -> Result
    ) async throws -> Result {
        try await counting(session.attempt, session.user.username, client, body)
    }

    /// Takes a sign-in attempt, and returns it unless the password or the code was wrong.
    /// - Parameter body: receives the place in which its hash waits.
    private func tried<Result: Sendable>(
        _ name: SignInName, _ client: Client, _ body: (HashingLines.Place) async throws -> Result
    ) async throws -> Result {
        let attempt = try await accounts.attempt(by: name, from: client.network)
        return try await counting(attempt, name.text, client) { try await body(attempt.place) }
    }

    private func counting<Result: Sendable>(
        _ attempt: SignInThrottle.Attempt, _ username: String, _ client: Client, _ body: () async throws -> Result
    ) async throws -> Result {
        try await throttle.counting(attempt, body) {
            accounts.noteFailure(.signInThrottled, name: username, from: client)
        }
    }

    func sessionCookie(of token: SessionToken, for user: UserAccount) -> Cookie {
        cookie.holding(token, for: user.isAdmin ? SessionLimits.adminLifetime : SessionLimits.lifetime)
    }
}

extension FieldReader {
    /// Required text that a rule of its own judges.
    /// - Returns: the text, or an empty one together with an error.
    mutating func checked(_ name: String, _ fault: (String) -> String?) -> String {
        guard let text = rawText(name) else { return "" }
        if let fault = fault(text) { reject(name, fault) }
        return text
    }

    /// A one-time password or a recovery code, if given.
    fileprivate mutating func code() -> String? {
        text("code", maxLength: 100).optional
    }
}
