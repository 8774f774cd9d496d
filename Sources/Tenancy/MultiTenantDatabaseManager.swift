public import Logging
internal import Synchronization

/// The entry point: finds, makes and lends users' databases.
///
/// Call ``prepare()`` once at start, and run the manager and a ``ChangeFeed`` as services: they close idle
/// connections and notice other processes' changes.
public final class MultiTenantDatabaseManager: Sendable {
    public let main: MainDatabase
    public let engines: EngineRegistry
    public let schema: Schema
    public let files: UserDatabaseFiles
    public let options: Options
    let pools: PoolDirectory
    /// For work outside the pools, so that it counts among the connections to its server.
    let countedEngines: EngineRegistry
    package let configs = ConfigCache()
    let provisioner: Provisioner
    let tombstones: TombstoneFile
    let witness: MainWitness
    let hasFoundOlderCopy = Atomic(false)
    let recordAttempts = RecordAttempts()
    let warmPool: WarmPool
    let tableRepair: TableRepair
    let health: ServerHealth
    let healthNotes = HealthNotes()
    let sizes = KnownSizes()
    let serverWatch = ServerWatch()
    package let keyRing: KeyRing
    let locks = UserLocks()
    /// Long work: what is under way, and changing its course.
    public let jobs: JobControl
    let logger: Logger
    let metrics = TenancyMetrics()
    /// Whether a change of the epoch means another pool; see ``Safeguard/epochs``.
    let tellsEpochsApart: Bool

    /// The manager's options.
    public struct Options: Sendable {
        public static let defaultNamePrefix = "user_"
        public static let maxNamePrefix = 20

        /// Whether a text is a valid name prefix.
        public static func isNamePrefix(_ text: String) -> Bool {
            Identifier(text) != nil && text.utf8.count <= maxNamePrefix
        }

        public var defaultEngine: EngineKind
        public var pool: PoolLimits
        public var statement: StatementLimits
        /// The tables that ``testUserDatabase(_:depth:)`` expects.
        public var expectedTables: [Identifier]
        /// The number of databases to keep in stock on each server.
        public var warmPoolSize: Int
        /// The prefix of database and login names on servers; at most ``maxNamePrefix`` letters, digits and `_`.
        /// Installations that share a server need different prefixes.
        public var namePrefix: String
        /// Hosts, besides registered servers, on which databases may be attached.
        public var attachHosts: [AttachHost] = []
        /// How often every database is checked in the background; nil for never.
        public var healthCheckPeriod: Duration? = .seconds(24 * 3600)
        public var faults: FaultPoints
        /// Disabled only by tests, to prove that they would notice.
        package var disabledSafeguards: Set<Safeguard> = []
        /// Removes the application's own rows about a user from the main database when the user is permanently
        /// removed. Runs in the transaction that removes the row of `Users`.
        public var beforeDeletingUser: @Sendable (DatabaseHandle, UserID) async throws -> Void = { _, _ in }

        /// Ends all sessions that the application keeps in the main database. Runs if an older copy of that database
        /// was restored.
        public var endAllSessions: @Sendable (DatabaseHandle, Timestamp) async throws -> Void = { _, _ in }
        /// Whether the object of an audit log entry is unchanged in the main database.
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
    ///   - main: the opened main database.
    ///   - engines: the engines of user databases.
    ///   - schema: the schema of user databases.
    ///   - dataDirectory: the absolute path of the folder for files of embedded databases.
    ///   - keyRing: opens the sealed passwords of configs.
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
        pools = PoolDirectory(limits: options.pool, time: main.time) { main.refusalToWait }
        countedEngines = engines.counted(in: pools)
        self.keyRing = keyRing
        tellsEpochsApart = !options.disabledSafeguards.contains(.epochs)
        health = ServerHealth(time: main.time)
        let runner = JobRunner(main: main, registry: JobRegistry(), health: health, locks: locks, logger: logger)
        jobs = JobControl(runner: runner)
        let servers = ServerDirectory(main: main, keyRing: keyRing)
        provisioner = Provisioner(
            main: main, engines: countedEngines, schema: schema, files: files, tombstones: tombstones,
            placement: Placement(
                engines: engines, schema: schema, defaultEngine: options.defaultEngine,
                namePrefix: options.namePrefix, attachHosts: options.attachHosts, keyRing: keyRing),
            servers: servers, health: health, faults: options.faults, runner: runner,
            beforeDeletingUser: options.beforeDeletingUser, logger: logger)
        warmPool = WarmPool(
            main: main, engines: countedEngines, schema: schema, keyRing: keyRing, servers: servers, health: health,
            runner: runner, faults: options.faults, size: options.warmPoolSize, namePrefix: options.namePrefix,
            logger: logger)
        tableRepair = TableRepair(
            main: main, engines: countedEngines, schema: schema, provisioner: provisioner,
            limits: options.statement)
        registerHandlers()
    }

    // MARK: Lending

    /// Lends a user's database to the body, in the context of that database.
    ///
    /// - Parameters:
    ///   - access: `.write` allows everything. On SQLite there is one such lease at a time for each user, so prefer
    ///     `.read` where possible.
    ///   - body: must not keep the handle.
    /// - Throws: what the body throws; ``TenancyError`` `contextConflict` inside the context of another database,
    ///   `readOnlyContext` for writing in a context with rights to read, `userDatabaseNotFound`, `databaseSuspended`, `databaseNotReady`, `wrongDatabase`, `databaseMissing`,
    ///   `databaseUnreadable`, `databaseCorrupt`, `connectionFailed`, `poolTimeout`, `overloaded`, `shuttingDown`,
    ///   `staleLease`, `cancelled`; `nestedLease` where the task would wait for itself: it holds the lease for writing of
    ///   this file already, or all connections that there may be, or a transaction of the main database for which others
    ///   wait while it waits for them.
    public func withUserDatabase<Result>(
        _ userID: UserID, _ access: Access = .write, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        var hasStarted = false
        let watched: (DatabaseHandle) async throws -> Result = { handle in
            hasStarted = true
            return try await body(handle)
        }
        for _ in 1..<Self.maxOpenings {
            do {
                return try await lend(userID, access, watched)
            } catch let error as TenancyError where error.code == .staleLease && !hasStarted {
                // The config changed while a connection was awaited or opened, and nothing was done yet. If opening
                // takes long, the change feed reports this process's own change again meanwhile.
                continue
            } catch let error as TenancyError where [.poolTimeout, .overloaded].contains(error.code) && !hasStarted {
                await note(error, waitingFor: userID)
                throw error.about(userID)
            }
        }
        return try await lend(userID, access, watched)
    }

    /// How often to try a lease whose config changes before its body has begun.
    static let maxOpenings = 5

    private func lend<Result>(
        _ userID: UserID, _ access: Access, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        let context = try DatabaseContext.entering(userID)
        try context.require(access)
        let (kind, key) = servedPlace(of: try await usableConfig(of: userID))
        let engine = try engines.engine(kind)
        return try await pools.withConnection(
            of: key, access: access, hasSingleWriter: engine.capabilities.hasSingleWriter, openingOn: engine.threads
        ) {
            try await self.serverLimit(of: try await self.usableConfig(of: userID, as: key))
        } open: { server in
            try await self.openVerified(userID, as: key, on: server)
        } body: { pooled in
            guard !pooled.isRevoked else {
                throw TenancyError.staleLease
            }
            let handle = DatabaseHandle(pooled, access: access, dialect: engine.dialect, limits: options.statement)
            defer { handle.end() }
            return try await DatabaseContext.run(context) { try await body(handle) }
        }
    }

    /// Lends the database of the current context.
    /// - Throws: as above; `noUserContext` outside any context.
    public func withUserDatabase<Result>(
        _ access: Access = .write, isolation: isolated (any Actor)? = #isolation,
        _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        try await withUserDatabase(try DatabaseContext.required().owner, access, body)
    }

    /// Runs the body in the context of a user who works in their own database; see ``DatabaseContext``.
    /// - Throws: what the body throws; `contextConflict` inside the context of another database.
    public func withUserContext<Result>(
        _ userID: UserID, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await DatabaseContext.run(as: userID, body)
    }

    /// Runs one query on a user's database, by default the current context's.
    public func fetchAll(_ sql: String, _ parameters: [SQLValue] = [], userID: UserID? = nil) async throws -> ResultSet
    {
        try await withUserDatabase(try userID ?? DatabaseContext.required().owner, .read) {
            try await $0.fetchAll(sql, parameters)
        }
    }

    /// Runs one statement that changes rows of a user's database, by default the current context's.
    @discardableResult
    public func executeUpdate(
        _ sql: String, _ parameters: [SQLValue] = [], userID: UserID? = nil
    ) async throws -> ExecutionResult {
        try await withUserDatabase(try userID ?? DatabaseContext.required().owner, .write) {
            try await $0.execute(sql, parameters)
        }
    }

    // MARK: Configs

    /// Where a user's database is; nil if they have none. Cached until it changes.
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

    private func servedPlace(of config: UserDatabaseConfig) -> (EngineKind, PoolKey) {
        (config.engine, poolKey(of: config))
    }

    func poolKey(of config: UserDatabaseConfig) -> PoolKey {
        .placement(
            PoolKey.Placement(config.uuid, epoch: tellsEpochsApart ? config.epoch : 0, owner: config.userID))
    }

    /// A user's config, if a pool is still that of their database.
    /// - Throws: ``TenancyError`` `staleLease` if it is not; as ``usableConfig(of:)``.
    func usableConfig(of userID: UserID, as key: PoolKey) async throws -> UserDatabaseConfig {
        let config = try await usableConfig(of: userID)
        guard poolKey(of: config) == key else { throw TenancyError.staleLease }
        return config
    }

    // MARK: Stopping

    /// Refuses new leases, and new connections to servers outside the pools, and closes every connection that is idle. What
    /// is in use ends by itself; jobs that are under way then are continued by the next process.
    /// - Parameter limit: how long to wait for those in use; none by default.
    /// - Returns: whether all are closed.
    @discardableResult
    public func shutDown(waitingFor limit: Duration = .zero) async -> Bool {
        await pools.shutDown()
        guard limit > .zero else { return pools.counts.open == 0 }
        return await pools.waitUntilClosed(upTo: limit)
    }

    /// Closes the least recently used idle connection; tests use it to force evictions.
    package func evictOldest() async { await pools.evictOldest() }

    /// Records an action in the audit log that was not performed by this manager.
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
