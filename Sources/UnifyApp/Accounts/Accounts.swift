public import Logging
public import Tenancy

/// Users, their passwords and their sessions, for routes, pages and commands.
public final class Accounts: Sendable {
    public let main: MainDatabase
    let manager: MultiTenantDatabaseManager
    private let isMultiTenant: Bool
    let hasher: PasswordHasher
    let cache = SessionCache()
    let uses = SessionUses()
    let journal = SignInJournal()
    /// Opens the secrets of one-time passwords.
    var keyRing: KeyRing { manager.keyRing }
    let time: any TimeSource
    let logger: Logger

    public init(
        manager: MultiTenantDatabaseManager, isMultiTenant: Bool, hasher: PasswordHasher,
        time: any TimeSource = SystemTimeSource(), logger: Logger
    ) {
        main = manager.main
        self.manager = manager
        self.isMultiTenant = isMultiTenant
        self.hasher = hasher
        self.time = time
        self.logger = logger
    }

    // MARK: Making

    /// A user to be created.
    public struct NewUser: Sendable {
        public let username: String
        public let email: String
        public let password: Secret<String>
        public let isAdmin: Bool

        public init(username: String, email: String, password: Secret<String>, isAdmin: Bool = false) {
            self.username = username
            self.email = email
            self.password = password
            self.isAdmin = isAdmin
        }
    }

    /// A created user.
    public struct Created: Sendable {
        public let user: UserAccount
        /// Nil in single-database mode.
        public let config: UserDatabaseConfig?
    }

    /// Creates a user, in multi-tenant mode together with their database.
    ///
    /// - Throws: ``AccountConflict``, or errors of provisioning; nothing is left behind then.
    public func create(_ new: NewUser, request: ProvisioningRequest = .standard) async throws -> Created {
        try await create(new, request: request, token: nil)
    }

    /// - Parameters:
    ///   - token: of the session that begins with the account, by this client.
    ///   - invitation: a code that is used up by it; nil if none is needed.
    /// - Throws: also ``Problem`` `invitation_invalid` (403).
    func create(
        _ new: NewUser, request: ProvisioningRequest = .standard, token: SessionToken?, client: Client? = nil,
        invitation: String? = nil
    ) async throws -> Created {
        try await refuseBadInvitation(invitation, email: new.email)
        // Checked again when the user is inserted; checking here saves the hash.
        if let conflict = try await conflict(of: new) { throw conflict }
        let hash = try await hasher.hash(new.password, in: .init(.registration))
        let date = time.wallNow
        let add: @Sendable (DatabaseHandle) async throws -> UserAccount = { database in
            if let conflict = try await Self.conflict(of: new, in: database) { throw conflict }
            let user = try await UserRepository(database).insert(
                username: new.username, email: EmailAddress.stored(new.email), passwordHash: hash,
                isAdmin: new.isAdmin, date: date)
            try await EmailRepository(database).insert(new.email, of: user.id)
            if let invitation { try await InvitationRepository(database).take(invitation, for: user, date: date) }
            return user
        }
        let finish: @Sendable (DatabaseHandle, UserAccount) async throws -> Void = { database, user in
            if let invitation { try await InvitationRepository(database).use(invitation, for: user, date: date) }
            if let token {
                try await SessionRepository(database).insert(token, userID: user.id, client: client, date: date)
            }
            if let client {
                try await KnownNetworkRepository(database).note(client.network, of: user.id, date: date)
            }
            // A user who registers is signed in by it, and is the actor.
            try await AuditLog(database).append(
                "user.create", actor: token == nil ? nil : user.id, userID: user.id,
                detail: new.isAdmin ? "administrator" : nil, date: date)
        }
        do {
            guard isMultiTenant else {
                let user = try await main.transaction { database in
                    let user = try await add(database)
                    try await finish(database, user)
                    return user
                }
                return Created(user: user, config: nil)
            }
            let (user, config) = try await manager.registerUser(request, addUser: add, inTransaction: finish)
            return Created(user: user, config: config)
        } catch let error as TenancyError where error.code == .uniqueViolation {
            throw try await conflict(of: new) ?? error
        }
    }

    /// Checked before the hash is computed, and again when the user is inserted.
    private func refuseBadInvitation(_ code: String?, email: String) async throws {
        guard let code else { return }
        let date = time.wallNow
        let isGood = try await main.withDatabase(.read) {
            try await InvitationRepository($0).isGood(code, for: email, date: date)
        }
        guard isGood else { throw Problem.invitationInvalid }
    }

    /// The conflict with an existing user, if any.
    private func conflict(of new: NewUser) async throws -> AccountConflict? {
        try await main.withDatabase(.read) { try await Self.conflict(of: new, in: $0) }
    }

    private static func conflict(of new: NewUser, in database: DatabaseHandle) async throws -> AccountConflict? {
        if try await UserRepository(database).find(username: new.username) != nil {
            return AccountConflict(field: .username)
        }
        return try await EmailRepository(database).isTaken(new.email) ? AccountConflict(field: .email) : nil
    }

    // MARK: Signing in

    /// A session that has begun.
    struct SignedIn: Sendable {
        let user: UserAccount
        let token: SessionToken
        /// How many tries have failed since the user last signed in.
        let failedTries: Int
    }

    /// A sign-in attempt with this name from this network, for counting attempts.
    func attempt(by name: SignInName, from network: String) async throws -> SignInThrottle.Attempt {
        let date = time.wallNow
        return try await main.withDatabase(.read) { database in
            guard let (user, _) = try await name.find(in: database) else {
                // Nobody has a longer name; the rest would only take memory.
                let name = name.normalForm.prefix(AccountRules.maxEmail)
                return .stranger(account: "name \(name)", network: network)
            }
            // The number is the same for every spelling, and for name and address.
            let account = "id \(user.id)"
            let isKnown = try await KnownNetworkRepository(database).contains(network, of: user.id, date: date)
            return isKnown
                ? .known(account: account, network: network) : .stranger(account: account, network: network)
        }
    }

    /// Checks name, password and, if the user has a second factor, the code; starts a session.
    /// - Parameter place: where its hash waits.
    /// - Throws: ``Problem`` `invalid_credentials` (401); if the password was right, `second_factor_required` (401)
    ///   or `account_suspended` (403).
    func signIn(
        _ name: SignInName, password: Secret<String>, code: String?, client: Client, in place: HashingLines.Place
    ) async throws -> SignedIn {
        let checked = try await authenticate(name, password: password, client: client, in: place)
        let user = checked.user
        return try await begin(user, .password(checked), try await check(code, of: user, from: client), client)
    }

    /// Checks name and password.
    /// - Parameter place: where the hash waits.
    func authenticate(
        _ name: SignInName, password: Secret<String>, client: Client, in place: HashingLines.Place
    ) async throws -> CheckedPassword {
        let found = try await main.withDatabase(.read) { try await name.find(in: $0) }
        let verdict = try await hasher.verify(password, against: found?.passwordHash, in: place)
        guard verdict.isRight, let (user, storedHash) = found, let hash = storedHash else {
            noteFailure(.signInFailed, name: found?.0.username ?? name.text, from: client)
            throw Problem.invalidCredentials
        }
        guard user.isActive else { throw user.deletedAt == nil ? Problem.suspended : .deleted }
        guard case .outdated(let newHash) = verdict else { return CheckedPassword(user: user, hash: hash) }
        let isReplaced = try await main.withDatabase(.write) {
            try await UserRepository($0).replacePasswordHash(hash, by: newHash, of: user.id)
        }
        // Another sign-in has replaced it, or the password has changed.
        guard isReplaced else { return try await authenticate(name, password: password, client: client, in: place) }
        return CheckedPassword(user: user, hash: newHash)
    }

    /// Starts a session of a user whose password was right.
    func begin(
        _ user: UserAccount, _ proof: SignInProof, _ code: CheckedCode, _ client: Client
    ) async throws -> SignedIn {
        if isMultiTenant { try await ensureDatabase(of: user) }
        // Earlier failures must precede this entry.
        await flushJournal(logger: logger)
        let token = SessionToken.random()
        let date = time.wallNow
        let (hasEndedOthers, failedTries) = try await main.transaction { database in
            switch proof {
            case .password(let checked): try await requireUnchanged(checked, from: client, in: database)
            // What a new password or a suspension ends is gone, or they wait for this transaction.
            case .pending: try await UserRepository(database).lock(user.id)
            }
            // Suspended between the check above and here, the user gets no session.
            guard try await UserRepository(database).find(user.id)?.isActive == true else { throw Problem.suspended }
            try await use(code, of: user, from: client, in: database, date: date)
            if case .pending(let pending) = proof {
                // If two requests use the same one, the second finds it gone.
                guard try await PendingSignInRepository(database).delete(pending) else { throw Problem.notSignedIn }
            }
            let hasEndedOthers = try await SessionRepository(database).insert(
                token, userID: user.id, client: client, date: date)
            try await KnownNetworkRepository(database).note(client.network, of: user.id, date: date)
            if hasEndedOthers { try await ChangeLog(database).append(user.id, date: date) }
            return (hasEndedOthers, try await noteSignIn(of: user, client, in: database, date: date))
        }
        if hasEndedOthers { cache.invalidate(.user(user.id)) }
        return SignedIn(user: user, token: token, failedTries: failedTries)
    }

    /// A user from the time before multi-tenant mode gets their database when they next sign in.
    private func ensureDatabase(of user: UserAccount) async throws {
        guard try await manager.loadUserDatabaseConfig(user.id)?.state != .active else { return }
        let (_, isNew) = try await Problem.settingUpAccount { try await manager.initializeUserDatabase(user.id) }
        guard isNew else { return }
        logger.notice(
            "a user without a database got an empty one; rows in the shared database stay there until migrate-from-shared copies them",
            metadata: ["user": "\(user.id)"])
    }

    // MARK: Passwords

    /// Sets a new password and ends the user's other sessions. A session by cookie gets a new token, so that a copy of the
    /// cookie is no longer good; an answer without content has no place for a new Bearer token.
    /// - Returns: the new token of a session by cookie.
    /// - Throws: ``Problem`` `invalid_credentials` (401) if the current one has changed since it was checked,
    ///   `not_signed_in` (401) if the session has ended.
    @discardableResult
    func changePassword(
        of session: SignedInSession, from current: CheckedPassword, to new: Secret<String>, client: Client
    ) async throws -> SessionToken? {
        let renewed = session.isFromCookie ? SessionToken.random() : nil
        let hash = try await hasher.hash(new, in: session.attempt.place)
        let date = time.wallNow
        try await change(session.user.id) { database in
            try await requireUnchanged(current, and: session, from: client, in: database, date: date)
            try await replacePassword(by: hash, of: session.user.id, keeping: session.id, in: database)
            if let renewed { try await SessionRepository(database).renew(session, renewed) }
            try await KnownNetworkRepository(database).note(client.network, of: session.user.id, date: date)
            try await Self.note(.passwordChanged, of: session.user.id, client, in: database, date: date)
        }
        return renewed
    }

    /// The password of a session's user, given again.
    /// - Throws: ``Problem`` `invalid_credentials` (401).
    func verify(
        _ password: Secret<String>, of session: SignedInSession, from client: Client
    ) async throws -> CheckedPassword {
        let user = session.user
        let stored = try await main.withDatabase(.read) { try await UserRepository($0).passwordHash(of: user.id) }
        guard try await hasher.verify(password, against: stored, in: session.attempt.place).isRight, let hash = stored
        else {
            noteFailure(.signInFailed, name: user.username, from: client)
            throw Problem.invalidCredentials
        }
        return CheckedPassword(user: user, hash: hash)
    }

    /// Changes rows of a user, notifies other processes, and drops cached data.
    @discardableResult
    func change<Result: Sendable>(
        _ userID: UserID, _ body: @Sendable (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        let date = time.wallNow
        let result = try await main.transaction { database in
            let result = try await body(database)
            try await ChangeLog(database).append(userID, date: date)
            return result
        }
        cache.invalidate(.user(userID))
        return result
    }

    /// Drops cached data of changed users; for the change feed.
    public func apply(_ change: ChangeFeed.Change) { cache.invalidate(change) }

    func deleteExpiredSessions() async throws {
        let date = time.wallNow
        try await main.withDatabase(.write) { database in
            try await SessionRepository(database).deleteExpired(date: date)
            try await PendingSignInRepository(database).deleteExpired(date: date)
            try await KnownNetworkRepository(database).deleteExpired(date: date)
            try await PasswordLinkRepository(database).deleteExpired(date: date)
        }
    }
}
