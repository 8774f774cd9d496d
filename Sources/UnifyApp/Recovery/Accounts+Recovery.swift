public import Tenancy

/// New passwords for users who have lost theirs.
extension Accounts {
    /// Sets a user's password, by the operator. Ends all their sessions; their second factor stays.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for a password that breaks a rule, and for a
    ///   deleted user; ``Problem`` `admin_required` for an actor who is no administrator.
    public func setPassword(_ password: Secret<String>, of userID: UserID, actor: UserID? = nil) async throws {
        let user = try await recoverable(userID)
        if let fault = PasswordRules.fault(in: password, username: user.username, email: user.email) {
            throw TenancyError(.invalidConfiguration, "The password \(fault).", userID: userID)
        }
        let hash = try await hasher.hash(password, in: .init(.known))
        let date = time.wallNow
        try await change(userID) { database in
            try await Self.requireAdministrator(actor, in: database)
            try await replacePassword(by: hash, of: userID, in: database)
            try await AuditLog(database).append(
                SecurityAction.passwordSet.rawValue, actor: actor, userID: userID, date: date)
        }
    }

    /// Creates a link by which the user sets a new password: valid once, for an hour. It replaces an earlier one, and
    /// ends with any password change, suspension and deletion. The old password works until then.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for a suspended or deleted user.
    public func makePasswordLink(
        of userID: UserID, actor: UserID? = nil, settings: Settings
    ) async throws -> PasswordLink {
        try await makePasswordLink(of: userID, actor: actor, settings: settings) { _ in }
    }

    /// - Parameter check: runs within the transaction, so that the user cannot change after it.
    private func makePasswordLink(
        of userID: UserID, actor: UserID?, settings: Settings, _ check: @Sendable (UserAccount) throws -> Void
    ) async throws -> PasswordLink {
        let token = SessionToken.random()
        let date = time.wallNow
        let expires = date.adding(PasswordLinkRepository.lifetime)
        _ = try await recoverable(userID)
        try await main.transaction { database in
            try await Self.requireAdministrator(actor, in: database)
            let users = UserRepository(database)
            try await users.lock(userID)
            let user = try await users.find(userID)
            if let user { try check(user) }
            guard user?.isActive == true else {
                throw TenancyError(
                    .invalidConfiguration,
                    "User \(userID) is suspended. Let them in again first: unify user resume \(userID)",
                    userID: userID)
            }
            try await PasswordLinkRepository(database).replace(token, of: userID, expires: expires)
            try await AuditLog(database).append(
                SecurityAction.passwordLinkMade.rawValue, actor: actor, userID: userID, date: date)
        }
        return PasswordLink(token, expiresAt: expires, settings: settings)
    }

    /// The same on behalf of an administrator, who must not gain another administrator's rights by it.
    /// - Throws: also ``Problem`` `administrators_password` (403).
    func makePasswordLink(
        of userID: UserID, byAdministrator actor: UserID, settings: Settings
    ) async throws -> PasswordLink {
        try await makePasswordLink(of: userID, actor: actor, settings: settings) { user in
            guard !user.isAdmin else { throw Problem.administratorsPassword }
        }
    }

    private func recoverable(_ userID: UserID) async throws -> UserAccount {
        guard let user = try await main.withDatabase(.read, { try await UserRepository($0).find(userID) }) else {
            throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
        }
        guard user.deletedAt == nil else {
            throw TenancyError(
                .invalidConfiguration, "User \(userID) is deleted. Restore them first: unify user restore \(userID)",
                userID: userID)
        }
        return user
    }

    /// The user of a link.
    /// - Throws: ``Problem`` `link_invalid` (403) if it has ended.
    func user(ofLink token: SessionToken) async throws -> UserAccount {
        let date = time.wallNow
        guard
            let user = try await main.withDatabase(
                .read, { try await PasswordLinkRepository($0).find(token, date: date) })
        else { throw Problem.linkInvalid }
        return user
    }

    /// Sets the password of the link's user, and uses the link up. Ends all their sessions.
    /// - Throws: ``Problem`` `link_invalid` (403).
    func usePasswordLink(
        _ token: SessionToken, of user: UserAccount, for password: Secret<String>, client: Client
    ) async throws {
        let hash = try await hasher.hash(
            password, in: SignInThrottle.Attempt.link(network: client.network).place)
        let date = time.wallNow
        try await change(user.id) { database in
            // If the user was suspended or deleted since, the link is gone.
            guard try await PasswordLinkRepository(database).use(token, date: date) else { throw Problem.linkInvalid }
            try await replacePassword(by: hash, of: user.id, in: database)
            try await Self.note(.passwordLinkUsed, of: user.id, client, in: database, date: date)
        }
    }

    /// Sets a password hash and ends everything that someone with the old password may have.
    /// - Parameter session: a session that stays; nil for none.
    func replacePassword(
        by hash: String, of userID: UserID, keeping session: Int64? = nil, in database: DatabaseHandle
    ) async throws {
        try await UserRepository(database).setPasswordHash(hash, of: userID)
        try await dropUnconfirmedFactor(of: userID, in: database)
        try await SessionRepository(database).deleteAll(of: userID, except: session)
        try await PendingSignInRepository(database).deleteAll(of: userID)
        try await PasswordLinkRepository(database).delete(of: userID)
        try await KnownNetworkRepository(database).deleteAll(of: userID)
    }
}
