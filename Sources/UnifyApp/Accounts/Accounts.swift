public import Logging
public import Tenancy

/// Users, their passwords and their sessions: what the routes, the pages and the command share.
public final class Accounts: Sendable {
    public let main: MainDatabase
    private let manager: MultiTenantDatabaseManager
    private let isMultiTenant: Bool
    private let hasher: PasswordHasher
    private let cache = SessionCache()
    let time: any TimeSource
    private let logger: Logger

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

    /// A user to be made.
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

    /// A user who was made.
    public struct Created: Sendable {
        public let user: UserAccount
        /// Nil in single-database mode.
        public let config: UserDatabaseConfig?
    }

    /// Makes a user, in multi-tenant mode together with their database.
    ///
    /// - Throws: ``AccountConflict``, or what provisioning throws; then nothing is left.
    public func create(_ new: NewUser, request: ProvisioningRequest = .standard) async throws -> Created {
        try await create(new, request: request, token: nil)
    }

    /// - Parameters:
    ///   - token: of the session that begins with the account, by this client.
    func create(
        _ new: NewUser, request: ProvisioningRequest = .standard, token: SessionToken?, client: Client? = nil
    ) async throws -> Created {
        let hash = try await hasher.hash(new.password)
        let date = time.wallNow
        let add: @Sendable (DatabaseHandle) async throws -> UserAccount = { database in
            let users = UserRepository(database)
            if try await users.find(username: new.username) != nil { throw AccountConflict(field: .username) }
            if try await users.isTaken(email: new.email) { throw AccountConflict(field: .email) }
            return try await users.insert(
                username: new.username, email: new.email, passwordHash: hash, isAdmin: new.isAdmin, date: date)
        }
        let finish: @Sendable (DatabaseHandle, UserAccount) async throws -> Void = { database, user in
            if let token {
                try await SessionRepository(database).insert(token, userID: user.id, client: client?.name, date: date)
            }
            try await AuditLog(database).append(
                "user.create", actor: nil, userID: user.id, detail: new.isAdmin ? "administrator" : nil, date: date)
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
            let (user, config) = try await manager.registerUser(request, addUser: add, alongside: finish)
            return Created(user: user, config: config)
        } catch let error as TenancyError where error.code == .uniqueViolation {
            throw try await conflict(of: new) ?? error
        }
    }

    /// What another registration, at the same moment, has taken.
    private func conflict(of new: NewUser) async throws -> AccountConflict? {
        try await main.withDatabase(.read) { database in
            let users = UserRepository(database)
            if try await users.find(username: new.username) != nil { return AccountConflict(field: .username) }
            return try await users.isTaken(email: new.email) ? AccountConflict(field: .email) : nil
        }
    }

    // MARK: Signing in

    /// Checks name and password; starts a session.
    /// - Throws: ``Problem`` `invalid_credentials` (401), or `account_suspended` (403) where the password was right.
    func signIn(
        username: String, password: Secret<String>, client: Client
    ) async throws -> (UserAccount, SessionToken) {
        let found = try await main.withDatabase(.read) { database in
            try await UserRepository(database).findForSignIn(username: username)
        }
        // MySQL compares without regard to accents and to blanks at the end; whoever is counted for one spelling must not
        // be let in by another.
        .flatMap { $0.0.username.lowercased() == username.lowercased() ? $0 : nil }
        let verdict = try await hasher.verify(password, against: found?.passwordHash)
        guard verdict.isRight, let (user, oldHash) = found else { throw Problem.invalidCredentials }
        guard user.isActive else { throw user.deletedAt == nil ? Problem.suspended : .deleted }
        if isMultiTenant { try await ensureDatabase(of: user) }
        let token = SessionToken.random()
        let date = time.wallNow
        let hasEndedOthers = try await main.transaction { database in
            // Suspended between the check above and here, the user gets no session.
            guard try await UserRepository(database).find(user.id)?.isActive == true else { throw Problem.suspended }
            if case .outdated(let newHash) = verdict, let oldHash {
                try await UserRepository(database).replacePasswordHash(oldHash, by: newHash, of: user.id)
            }
            let hasEndedOthers = try await SessionRepository(database).insert(
                token, userID: user.id, client: client.name, date: date)
            if hasEndedOthers { try await ChangeLog(database).append(user.id, date: date) }
            return hasEndedOthers
        }
        if hasEndedOthers { cache.invalidate(.user(user.id)) }
        return (user, token)
    }

    /// A user from the time before multi-tenant mode gets their database when they next sign in.
    private func ensureDatabase(of user: UserAccount) async throws {
        guard try await manager.loadUserDatabaseConfig(user.id)?.state != .active else { return }
        let (_, isNew) = try await manager.initializeUserDatabase(user.id)
        guard isNew else { return }
        logger.notice(
            "a user without a database got an empty one; rows in the shared database stay there until migrate-from-shared copies them",
            metadata: ["user": "\(user.id)"])
    }

    /// The session of a token, where it holds.
    func session(of token: SessionToken) async throws -> SignedInSession? {
        if token.isForAccess { return try await accessSession(of: token) }
        let hash = token.hash
        let date = time.wallNow
        let (cached, version) = cache.find(hash)
        if let cached { return cached.expiresAt > date ? cached : nil }
        let found = try await main.withDatabase(.read) {
            try await SessionRepository($0).find(tokenHash: hash, date: date)
        }
        if let found { cache.keep(found, version: version) }
        return found
    }

    func signOut(_ session: SignedInSession) async throws {
        try await change(session.user.id) { database in try await SessionRepository(database).delete(session.id) }
    }

    /// The sessions of a user that hold, newest first.
    func sessions(of userID: UserID) async throws -> [SessionRepository.Summary] {
        let date = time.wallNow
        return try await main.withDatabase(.read) { try await SessionRepository($0).list(of: userID, date: date) }
    }

    /// Ends one session of a user; one that has ended already is no error.
    func endSession(_ id: Int64, of userID: UserID) async throws {
        try await change(userID) { try await SessionRepository($0).delete(id, of: userID) }
    }

    /// Ends all sessions of a user but this one.
    func endOtherSessions(than session: SignedInSession) async throws {
        try await change(session.user.id) {
            try await SessionRepository($0).deleteAll(of: session.user.id, except: session.id)
        }
    }

    /// Sets a new password and ends the user's other sessions.
    /// - Throws: ``Problem`` `invalid_credentials` (401) where the current one is wrong.
    func changePassword(of session: SignedInSession, from current: Secret<String>, to new: Secret<String>) async throws
    {
        try await verify(current, of: session.user.id)
        let hash = try await hasher.hash(new)
        let date = time.wallNow
        try await change(session.user.id) { database in
            try await UserRepository(database).setPasswordHash(hash, of: session.user.id)
            try await SessionRepository(database).deleteAll(of: session.user.id, except: session.id)
            try await AuditLog(database).append(
                "user.password", actor: session.user.id, userID: session.user.id, date: date)
        }
    }

    func verify(_ password: Secret<String>, of userID: UserID) async throws {
        let hash = try await main.withDatabase(.read) { try await UserRepository($0).passwordHash(of: userID) }
        guard try await hasher.verify(password, against: hash).isRight else { throw Problem.invalidCredentials }
    }

    // MARK: States

    /// Suspends a user: sessions end, and their database is refused from now on.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for the last administrator.
    public func suspend(_ userID: UserID, actor: UserID? = nil) async throws {
        try await manager.suspendUser(userID, actor: actor) { database in
            try await Self.refuseLosingLastAdmin(userID, in: database)
        } alongside: { database in
            try await SessionRepository(database).deleteAll(of: userID)
        }
        cache.invalidate(.user(userID))
    }

    public func resume(_ userID: UserID, actor: UserID? = nil) async throws {
        try await manager.resumeUser(userID, actor: actor) { database in
            guard try await !JobRepository(database).isPurging(userID) else {
                throw TenancyError(
                    .invalidConfiguration, "User \(userID) is being removed for good; there is no way back.",
                    userID: userID)
            }
            try await UserRepository(database).setDeleted(nil, of: userID)
        }
        cache.invalidate(.user(userID))
    }

    /// Puts an account into grace: nobody can sign in to it, nothing of it is lost, ``resume(_:actor:)`` brings it back.
    public func delete(_ userID: UserID, actor: UserID? = nil) async throws {
        let date = time.wallNow
        try await manager.suspendUser(userID, actor: actor) { database in
            try await Self.refuseLosingLastAdmin(userID, in: database)
        } alongside: { database in
            try await UserRepository(database).setDeleted(date, of: userID)
            try await SessionRepository(database).deleteAll(of: userID)
            // After whatever takes rows of others: whoever appends holds up all who do.
            try await AuditLog(database).append("user.delete", actor: actor, userID: userID, date: date)
        }
        cache.invalidate(.user(userID))
    }

    public func setAdmin(_ isAdmin: Bool, _ userID: UserID, actor: UserID? = nil) async throws {
        let date = time.wallNow
        try await change(userID) { database in
            if !isAdmin { try await Self.refuseLosingLastAdmin(userID, in: database) }
            try await UserRepository(database).setAdmin(isAdmin, of: userID)
            try await AuditLog(database).append(
                "user.set_admin", actor: actor, userID: userID, detail: isAdmin ? "on" : "off", date: date)
        }
    }

    /// To be called first in the transaction that takes an administrator's power away: an installation keeps its last one.
    /// It locks all of them, so that two who lose it at once do not wait for each other.
    private static func refuseLosingLastAdmin(_ userID: UserID, in database: DatabaseHandle) async throws {
        let users = UserRepository(database)
        try await users.lockAdmins()
        guard try await users.find(userID)?.isAdmin == true, try await users.otherActiveAdmins(than: userID) == 0 else {
            return
        }
        throw TenancyError(
            .invalidConfiguration, "This is the last administrator. Make another one first: unify user set-admin ID")
    }

    /// Changes rows of a user, tells other processes, and drops what this one keeps.
    private func change(_ userID: UserID, _ body: @Sendable (DatabaseHandle) async throws -> Void) async throws {
        let date = time.wallNow
        try await main.transaction { database in
            try await body(database)
            try await ChangeLog(database).append(userID, date: date)
        }
        cache.invalidate(.user(userID))
    }

    /// Drops what is kept of users who changed; for the change feed.
    public func apply(_ change: ChangeFeed.Change) { cache.invalidate(change) }

    func deleteExpiredSessions() async throws {
        let date = time.wallNow
        try await main.withDatabase(.write) { try await SessionRepository($0).deleteExpired(date: date) }
    }
}
