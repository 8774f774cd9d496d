public import Logging
internal import Synchronization

/// The front door: finds, makes and lends users' databases.
///
/// A program calls ``reconcile()`` once when it starts, and runs the manager and a ``ChangeFeed`` as services: they close
/// connections that nobody uses and see what other processes change.
public final class MultiTenantDatabaseManager: Sendable {
    public let main: MainDatabase
    public let engines: EngineRegistry
    public let schema: Schema
    public let files: UserDatabaseFiles
    public let options: Options
    let pools: PoolDirectory
    package let configs = ConfigCache()
    let provisioner: Provisioner
    let tombstones: TombstoneFile
    let witness: MainWitness
    let hasFoundOlderCopy = Atomic(false)
    let recordAttempts = RecordAttempts()
    let warmPool: WarmPool
    let health: ServerHealth
    let budget: ServerBudget
    let healthNotes = HealthNotes()
    let serverWatch = ServerWatch()
    package let keyRing: KeyRing
    let locks = UserLocks()
    let logger: Logger
    let metrics = TenancyMetrics()

    /// What can be set.
    public struct Options: Sendable {
        public static let defaultNamePrefix = "user_"
        public static let maxNamePrefix = 20

        /// Whether names may begin so.
        public static func isNamePrefix(_ text: String) -> Bool {
            Identifier(text) != nil && text.utf8.count <= maxNamePrefix
        }

        public var defaultEngine: EngineKind
        public var pool: PoolLimits
        public var statement: StatementLimits
        /// The tables that ``testUserDatabase(_:)`` looks for.
        public var expectedTables: [Identifier]
        /// Databases to keep in stock on each server.
        public var warmPoolSize: Int
        /// What names of databases and logins on servers begin with; at most ``maxNamePrefix`` letters, digits and `_`.
        /// Several installations that share a server need different ones.
        public var namePrefix: String
        /// Where databases of an operator's own may be attached, besides on registered servers.
        public var attachHosts: [AttachHost] = []
        /// How often every database is looked at in the background; nil for never.
        public var healthCheckPeriod: Duration? = .seconds(24 * 3600)
        public var faults: FaultPoints
        /// Switched off by tests alone, to show that they would notice.
        package var disabledSafeguards: Set<Safeguard> = []
        /// Removes the application's own rows about a user from the main database, when that user is removed for good; runs
        /// in the transaction that removes the row of `Users`.
        public var erase: @Sendable (DatabaseHandle, UserID) async throws -> Void = { _, _ in }

        /// Ends all sessions that the application has in the main database; runs where an older copy of that was put back.
        public var endAllSessions: @Sendable (DatabaseHandle, Timestamp) async throws -> Void = { _, _ in }
        /// Whether what an entry of the audit log speaks of is still in the main database as it was.
        public var isCovered: @Sendable (DatabaseHandle, AuditLog.Entry) async throws -> Bool = { _, _ in true }

        public init(
            defaultEngine: EngineKind = .sqlite, pool: PoolLimits = PoolLimits(),
            statement: StatementLimits = StatementLimits(), expectedTables: [Identifier] = [],
            warmPoolSize: Int = 0, namePrefix: String = Options.defaultNamePrefix, faults: FaultPoints = .none
        ) {
            precondition(Self.isNamePrefix(namePrefix), "not the beginning of an identifier: \(namePrefix)")
            self.warmPoolSize = warmPoolSize
            self.namePrefix = namePrefix
            self.expectedTables = expectedTables
            self.defaultEngine = defaultEngine
            self.pool = pool
            self.statement = statement
            self.faults = faults
        }
    }

    /// - Parameters:
    ///   - main: the main database, opened.
    ///   - engines: the engines that user databases may be on.
    ///   - schema: the schema of a user database.
    ///   - dataDirectory: the absolute path of the folder under which files of embedded databases lie.
    ///   - keyRing: opens the sealed passwords in configs.
    public init(
        main: MainDatabase, engines: EngineRegistry, schema: Schema, dataDirectory: String, keyRing: KeyRing,
        options: Options = Options(), logger: Logger = Logger(label: "unify.tenancy")
    ) {
        self.main = main
        self.engines = engines
        self.schema = schema
        self.options = options
        self.logger = logger
        files = UserDatabaseFiles(directory: dataDirectory)
        tombstones = TombstoneFile(dataDirectory: dataDirectory)
        witness = MainWitness(main: main, file: WitnessFile(dataDirectory: dataDirectory))
        pools = PoolDirectory(limits: options.pool, time: main.time)
        self.keyRing = keyRing
        health = ServerHealth(time: main.time)
        budget = ServerBudget(time: main.time, waitLimit: options.pool.waitLimit)
        let servers = ServerDirectory(main: main, keyRing: keyRing)
        provisioner = Provisioner(
            main: main, engines: engines, schema: schema, files: files, tombstones: tombstones,
            placement: Placement(
                engines: engines, schema: schema, defaultEngine: options.defaultEngine,
                namePrefix: options.namePrefix, attachHosts: options.attachHosts, keyRing: keyRing),
            servers: servers, health: health, faults: options.faults, erase: options.erase, logger: logger)
        warmPool = WarmPool(
            main: main, engines: engines, schema: schema, keyRing: keyRing, servers: servers, health: health,
            faults: options.faults, size: options.warmPoolSize, namePrefix: options.namePrefix, logger: logger)
    }

    // MARK: Lending

    /// Lends a user's database to the body, in that user's context.
    ///
    /// - Parameters:
    ///   - access: `.write` allows everything; on SQLite one such lease at a time for each user, so ask for `.read` where
    ///     that is enough.
    ///   - body: may not keep the handle.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside another user's context,
    ///   `userDatabaseNotFound`, `databaseSuspended`, `databaseNotReady`, `wrongDatabase`, `databaseMissing`,
    ///   `databaseUnreadable`, `databaseCorrupt`, `connectionFailed`, `poolTimeout`, `overloaded`, `shuttingDown`,
    ///   `staleLease`, `cancelled`.
    public func withUserDatabase<Result>(
        _ userID: UserID, _ access: Access = .write, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        var hasStarted = false
        let watched: (DatabaseHandle) async throws -> Result = { handle in
            hasStarted = true
            return try await body(handle)
        }
        do {
            return try await lend(userID, access, watched)
        } catch let error as TenancyError where error.code == .staleLease && !hasStarted {
            // The config changed while a connection was waited for or opened, and nothing was done yet.
            return try await lend(userID, access, watched)
        }
    }

    private func lend<Result>(
        _ userID: UserID, _ access: Access, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        let engine = try engines.engine(try await usableConfig(of: userID).engine)
        return try await DatabaseContext.run(as: userID) {
            try await pools.withConnection(
                of: .user(userID), access: access, hasSingleWriter: engine.capabilities.hasSingleWriter,
                openingOn: engine.threads
            ) {
                try await self.openVerified(userID)
            } body: { pooled in
                guard !pooled.isRevoked else {
                    throw TenancyError.staleLease
                }
                let handle = DatabaseHandle(pooled, access: access, dialect: engine.dialect, limits: options.statement)
                defer { handle.end() }
                return try await body(handle)
            }
        }
    }

    /// Lends the database of the user in whose context the code runs.
    /// - Throws: as the method above; `noUserContext` outside any context.
    public func withUserDatabase<Result>(
        _ access: Access = .write, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        try await withUserDatabase(try DatabaseContext.required().userID, access, body)
    }

    /// Runs the body in a user's context, and leaves it when the body returns.
    /// - Throws: what the body throws; `contextConflict` inside another user's context.
    public func withUserContext<Result>(
        _ userID: UserID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await DatabaseContext.run(as: userID, body)
    }

    /// Runs one query on a user's database, by default that of the context.
    public func fetchAll(_ sql: String, _ parameters: [SQLValue] = [], userID: UserID? = nil) async throws -> ResultSet
    {
        try await withUserDatabase(try userID ?? DatabaseContext.required().userID, .read) {
            try await $0.fetchAll(sql, parameters)
        }
    }

    /// Runs one statement that changes rows on a user's database, by default that of the context.
    @discardableResult
    public func executeUpdate(
        _ sql: String, _ parameters: [SQLValue] = [], userID: UserID? = nil
    ) async throws -> ExecutionResult {
        try await withUserDatabase(try userID ?? DatabaseContext.required().userID, .write) {
            try await $0.execute(sql, parameters)
        }
    }

    // MARK: Configs

    /// Where a user's database is; nil where they have none. Cached until it changes.
    public func loadUserDatabaseConfig(_ userID: UserID) async throws -> UserDatabaseConfig? {
        switch configs.answer(for: userID) {
        case .config(let config): return config
        case .none: return nil
        case .ask(let version):
            let config = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
            configs.keep(config, for: userID, version: version)
            return config
        }
    }

    func usableConfig(of userID: UserID) async throws -> UserDatabaseConfig {
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(
                .userDatabaseNotFound, "User \(userID) has no database. Run: unify setup init \(userID)", userID: userID
            )
        }
        switch config.state {
        case .active: return config
        case .suspended:
            throw TenancyError(
                .databaseSuspended, "The user is suspended. Run: unify user resume \(userID)", userID: userID)
        case .provisioning, .removing:
            throw TenancyError(
                .databaseNotReady, "The user's database is not ready yet. Try again in a moment.", userID: userID)
        }
    }

    // MARK: Making

    /// Makes a user's database; where there is one, changes nothing.
    ///
    /// Repeatable, and safe to call twice at once: the second call waits and finds the first one's database.
    /// - Parameter actor: the administrator who asked for it, for the audit log.
    /// - Throws: ``TenancyError`` `userNotFound`, `invalidConfiguration`, `engineUnavailable`, `databaseNotReady`,
    ///   `provisioningFailed`.
    public func initializeUserDatabase(
        _ userID: UserID, _ request: ProvisioningRequest = .standard, actor: UserID? = nil
    ) async throws -> (config: UserDatabaseConfig, isNew: Bool) {
        let date = main.time.wallNow
        return try await locks.withLock(userID) { [self] in
            var reserved = try await reserve(userID, request)
            if reserved.config.state == .removing {
                // An earlier attempt was not undone to the end.
                try await provisioner.finishUndo(reserved.config, steps: [], because: "ended by the next attempt")
                _ = configs.invalidate(userID)
                reserved = try await reserve(userID, request)
            }
            let place = reserved.config.placeForAudit
            return try await finish(reserved) { database in
                try await AuditLog(database).append(
                    "database.initialize", actor: actor, userID: userID, detail: place, date: date)
            }
        }
    }

    private func reserve(_ userID: UserID, _ request: ProvisioningRequest) async throws -> Reservation {
        try await main.transaction { database in
            guard try await UserRepository(database).find(userID) != nil else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            return try await provisioner.reserve(userID, request, kind: .provision, in: database)
        }
    }

    /// Adds a user together with their database: both are there when this returns, or neither when it throws.
    ///
    /// - Parameters:
    ///   - addUser: inserts the row of `Users`; runs in the transaction that reserves the database.
    ///   - alongside: what else is to be committed at the moment at which the user can be said to exist.
    public func registerUser(
        _ request: ProvisioningRequest = .standard,
        addUser: @Sendable (DatabaseHandle) async throws -> UserAccount,
        alongside: @escaping @Sendable (DatabaseHandle, UserAccount) async throws -> Void = { _, _ in }
    ) async throws -> (user: UserAccount, config: UserDatabaseConfig) {
        // One thread for all that touches the main database: a change of threads costs more than most of it.
        try await withTaskExecutorPreference(main.thread) {
            let (user, reserved) = try await main.transaction { database in
                let user = try await addUser(database)
                return (user, try await provisioner.reserve(user.id, request, kind: .register, in: database))
            }
            let config = try await locks.withLock(user.id) { [self] in
                try await finish(reserved) { try await alongside($0, user) }.config
            }
            return (user, config)
        }
    }

    private func finish(
        _ reservation: Reservation,
        alongside: @escaping @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> (config: UserDatabaseConfig, isNew: Bool) {
        let reserved = reservation.config
        switch reserved.state {
        case .active, .suspended: return (reserved, false)
        case .removing:
            throw TenancyError(
                .databaseNotReady, "An earlier attempt is being undone. Try again in a moment.", userID: reserved.userID
            )
        case .provisioning: break
        }
        let started = main.time.monotonicNow
        do {
            // A caller who goes away does not leave the work half done.
            try await withoutCancellation(preferring: main.thread) { [self] in
                try await provisioner.complete(
                    reserved, isUntouched: reservation.isUntouched, alongside: alongside)
            }
            metrics.provisioned(reserved.engine, in: main.time.monotonicNow - started)
        } catch {
            metrics.provisioningFailed(reserved.engine)
            _ = configs.invalidate(reserved.userID)
            throw error
        }
        _ = configs.invalidate(reserved.userID)
        guard let config = try await loadUserDatabaseConfig(reserved.userID) else {
            throw TenancyError(.internalFailure, "The config is gone.", userID: reserved.userID)
        }
        return (config, true)
    }

    // MARK: Suspending

    /// Ends all use of a user's database at once and refuses it from now on.
    ///
    /// - Parameters:
    ///   - action: what the audit log calls it.
    ///   - first: what is to be done in the same transaction before anything else, such as taking locks in an order.
    ///   - isDone: whether the user is as wished already; then nothing is written, neither to the audit log.
    ///   - alongside: what else is to be committed together with it.
    /// - Returns: whether anything changed.
    @discardableResult
    public func suspendUser(
        _ userID: UserID, as action: String = "user.suspend", actor: UserID? = nil,
        first: @Sendable (DatabaseHandle) async throws -> Void = { _ in },
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        alongside: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            false, userID, as: action, actor: actor, first: first, unless: isDone, alongside: alongside)
    }

    /// Undoes ``suspendUser(_:as:actor:first:unless:alongside:)``.
    /// - Returns: whether anything changed.
    @discardableResult
    public func resumeUser(
        _ userID: UserID, as action: String = "user.resume", actor: UserID? = nil,
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        alongside: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            true, userID, as: action, actor: actor, first: { _ in }, unless: isDone, alongside: alongside)
    }

    private func setActive(
        _ isActive: Bool, _ userID: UserID, as action: String, actor: UserID?,
        first: @Sendable (DatabaseHandle) async throws -> Void, unless isDone: @Sendable (UserAccount) throws -> Bool,
        alongside: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws -> Bool {
        let date = main.time.wallNow
        let isChanged = try await main.transaction { database in
            try await first(database)
            let users = UserRepository(database)
            try await users.lock(userID)
            guard let user = try await users.find(userID) else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            let (from, to): (DatabaseState, DatabaseState) = isActive ? (.suspended, .active) : (.active, .suspended)
            let isMoved = try await ConfigRepository(database).move(userID, from: from, to: to, date: date)
            // A database that is not as its user is, after an interruption or by hand, is brought into line.
            guard try isMoved || !isDone(user) else { return false }
            try await users.setActive(isActive, of: userID)
            try await alongside(database)
            let after = try await users.find(userID)
            guard isMoved || after?.isActive != user.isActive || after?.deletedAt != user.deletedAt else {
                return false
            }
            try await ChangeLog(database).append(userID, date: date)
            // After whatever takes rows of others: whoever appends holds up all who do.
            try await AuditLog(database).append(action, actor: actor, userID: userID, date: date)
            return true
        }
        if isChanged { await apply(.user(userID)) }
        return isChanged
    }

    /// Drops what this process keeps of a user whose rows changed, and ends leases from before the change.
    ///
    /// ``ChangeFeed`` calls it for changes of other processes; whoever changes rows of the main database by other means
    /// calls it too.
    public func apply(_ change: ChangeFeed.Change) async {
        main.context.noteChange()
        switch change {
        case .user(let userID):
            _ = configs.invalidate(userID)
            // The cache may have read the change before it was told of it: the connections' own epochs count.
            guard !options.disabledSafeguards.contains(.epochs) else { return }
            guard let current = try? await loadUserDatabaseConfig(userID),
                !pools.mayHoldConnection(of: .user(userID), notFrom: current.epoch)
            else {
                // Not told to be unchanged, be it for an error: a new pool costs little, a stale one may be wrong.
                return await pools.drain(.user(userID))
            }
        case .keys:
            provisioner.servers.invalidate()
            do {
                try keyRing.reload()
            } catch {
                logger.error("the root keys cannot be read again", metadata: ["error": "\(error)"])
            }
        case .everything:
            provisioner.servers.invalidate()
            configs.invalidateAll()
            for key in pools.keys { await pools.drain(key) }
        }
    }

    // MARK: Starting and stopping

    /// Ends what earlier processes left undone; where an older copy of the main database was put back, ends all sessions and
    /// removes again who was removed since.
    /// - Returns: how many jobs were ended, and how many failed again.
    @discardableResult
    /// - Parameter age: only jobs on which nothing has happened for so long.
    public func reconcile(olderThan age: Duration = .zero) async throws -> (ended: Int, failed: Int) {
        if age == .zero {
            if try await endWhatAnOlderCopyBroughtBack() { hasFoundOlderCopy.store(true, ordering: .relaxed) }
            try await removeReturnedUsers()
        }
        return try await reconciler.run(before: age == .zero ? nil : main.time.wallNow.adding(.zero - age))
    }

    /// Closes every connection; leases in use end first, each by itself.
    public func shutDown() async { await pools.shutDown() }

    /// Closes the connection that nobody has used for the longest time; tests use it to force evictions.
    package func evictOldest() async { await pools.evictOldest() }

    /// Writes down in the audit log what was done by other means than this manager's.
    public func note(_ action: String, actor: UserID? = nil, detail: String? = nil) async throws {
        try await record(action, actor: actor, userID: nil, detail: detail)
    }

    func record(_ action: String, actor: UserID? = nil, userID: UserID?, detail: String? = nil) async throws {
        let date = main.time.wallNow
        try await main.transaction {
            try await AuditLog($0).append(action, actor: actor, userID: userID, detail: detail, date: date)
        }
    }
}
