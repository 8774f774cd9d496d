internal import Tenancy

extension Accounts {
    /// The result of a right password on a page.
    enum PageSignIn: Sendable {
        case signedIn(SignedIn)
        /// A separate page asks for the code.
        case needsCode(SessionToken)
    }

    /// Checks name and password for a page, which asks for the code separately.
    func signInOnPage(
        _ name: SignInName, password: Secret<String>, client: Client, in place: HashingLines.Place
    ) async throws -> PageSignIn {
        let checked = try await authenticate(name, password: password, client: client, in: place)
        guard try await secondFactor(of: checked.user.id)?.confirmedAt != nil else {
            return .signedIn(try await begin(checked.user, .password(checked), .none, client))
        }
        return .needsCode(try await holdSignIn(checked, client))
    }

    /// Keeps a right password until its code is entered.
    func holdSignIn(_ checked: CheckedPassword, _ client: Client) async throws -> SessionToken {
        let token = SessionToken.random()
        let date = time.wallNow
        try await main.transaction { database in
            try await requireUnchanged(checked, from: client, in: database)
            try await PendingSignInRepository(database).insert(token, userID: checked.user.id, date: date)
        }
        return token
    }

    /// The user who has to enter a code; nil if the sign-in has expired.
    func pendingUser(of token: SessionToken) async throws -> UserAccount? {
        let date = time.wallNow
        return try await main.withDatabase(.read) { try await PendingSignInRepository($0).find(token, date: date) }
    }

    /// Ends a sign-in by its code.
    func finishSignIn(
        _ pending: SessionToken, of user: UserAccount, code: String, client: Client
    ) async throws -> SignedIn {
        try await begin(user, .pending(pending), try await check(code, of: user, from: client), client)
    }
}
