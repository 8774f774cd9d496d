internal import Logging

/// The handle to the main database: users, configs, servers, jobs, sessions, audit log and, in single-database mode,
/// the shared data.
public final class MainDatabase: Sendable {
    public let engine: any DatabaseEngine
    public let location: DatabaseLocation
    public let schema: Schema
    package let time: any TimeSource
    let context: MainContext
    private let pool: PoolDirectory
    private let limits: StatementLimits
    /// The shared commits and the thread on which transactions run one after the other; nil for servers, which do
    /// this themselves.
    private let groups: (commits: GroupCommit, thread: WorkerThreads)?

    /// What opening may change.
    public enum Opening: Sendable {
        /// Nothing: the database must exist at this program's versions.
        case require
        /// The database must exist; it is migrated to this program's versions.
        case migrate
        /// The database is created if it is missing, and migrated to this program's versions.
        case create
    }

    /// Opens the main database. If several processes create or migrate it at once, one of them does the work and all
    /// succeed.
    ///
    /// The library's own tables are made and migrated with it.
    ///
    /// - Parameters:
    ///   - application: the migrations of the application's tables in it: consecutive versions from 1.
    ///   - opening: what may change. A program that runs beside a server passes ``Opening/require``: a migrated main
    ///     database would keep an older server from restarting.
    ///   - connections: the most connections to it.
    ///   - operatorName: who acts when no user does, for the audit log; nil for the server.
    /// - Throws: ``TenancyError`` `databaseMissing`, `schemaTooOld` if it may not be migrated, `schemaTooNew`,
    ///   `migrationConflict`.
    public static func open(
        _ engine: any DatabaseEngine, at location: DatabaseLocation, application: [Migration] = [],
        _ opening: Opening = .create, connections: Int = 8, limits: StatementLimits = StatementLimits(),
        time: any TimeSource = SystemTimeSource(), operatorName: String? = nil
    ) async throws -> MainDatabase {
        try await open(
            engine, at: location, schema: Schema(library: MainSchema.all, application: application), opening,
            connections: connections, limits: limits, time: time, operatorName: operatorName)
    }

    /// - Parameter schema: with the library's migrations, ``MainSchema/all``.
    package static func open(
        _ engine: any DatabaseEngine, at location: DatabaseLocation, schema: Schema, _ opening: Opening = .create,
        connections: Int = 8, limits: StatementLimits = StatementLimits(), time: any TimeSource = SystemTimeSource(),
        operatorName: String? = nil
    ) async throws -> MainDatabase {
        if case .create = opening {
            try await engine.makeDatabase(at: location, schema: schema, identity: nil)
        }
        let main = MainDatabase(engine, location, schema, connections, limits, time, operatorName)
        switch opening {
        case .require: try await main.requireSchema()
        case .migrate, .create: try await main.migrate()
        }
        return main
    }

    private init(
        _ engine: any DatabaseEngine, _ location: DatabaseLocation, _ schema: Schema, _ connections: Int,
        _ limits: StatementLimits, _ time: any TimeSource, _ operatorName: String?
    ) {
        context = MainContext(operatorName: operatorName)
        self.engine = engine
        self.location = location
        self.schema = schema
        self.limits = limits
        self.time = time
        let poolLimits = PoolLimits(poolSize: connections, maxOverflow: 0, maxConnections: connections)
        let pool = PoolDirectory(limits: poolLimits, time: time)
        self.pool = pool
        groups =
            engine.capabilities.sharesCommits
            ? (
                GroupCommit(waitLimit: poolLimits.waitLimit, time: time) { use in
                    try await Self.withConnection(of: pool, engine, location, .write, use)
                }, WorkerThreads(name: "main", maxThreads: 1)
            ) : nil
    }

    /// Lends the main database to the body.
    /// - Throws: what the body throws; ``TenancyError`` `nestedLease` if the task would wait for itself: it already holds a
    ///   file for writing, or the only connection.
    public func withDatabase<Result>(
        _ access: Access, isolation: isolated (any Actor)? = #isolation, _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        let hold = access == .write && engine.capabilities.hasSingleWriter ? WriteHold() : nil
        if access == .write || pool.hasRoomForOne { try refuseNested() }
        return try await Self.withConnection(of: pool, engine, location, access) { pooled in
            let handle = DatabaseHandle(
                pooled, access: access, dialect: engine.dialect, limits: limits, mainContext: context)
            defer { handle.end() }
            guard let hold else { return try await body(handle) }
            return try await inside(hold) { try await body(handle) }
        }
    }

    private static func withConnection<Result>(
        of pool: PoolDirectory, _ engine: any DatabaseEngine, _ location: DatabaseLocation, _ access: Access,
        isolation: isolated (any Actor)? = #isolation, _ body: (PooledConnection) async throws -> Result
    ) async throws -> Result {
        try await pool.withConnection(
            of: .main, access: access, hasSingleWriter: engine.capabilities.hasSingleWriter,
            open: { _ in PooledConnection(try await engine.connect(to: location, as: .main)) },
            body: { try await body($0) })
    }

    /// The lease for writing, or the transaction, that the task has open, on whichever main database.
    @TaskLocal private static var held: (main: ObjectIdentifier, hold: WriteHold)?

    private func refuseNested() throws {
        guard isHeldByTask || pool.hasRoomForOne && pool.isHeldByTask else { return }
        throw WriteHold.nested("the main database")
    }

    private var isHeldByTask: Bool {
        guard let held = Self.held, held.main == ObjectIdentifier(self) else { return false }
        return held.hold.isHeld
    }

    /// Why the running task may not wait for a user's database: it holds this one for writing, and whoever has what it would
    /// wait for may be waiting for that.
    var refusalToWait: TenancyError? {
        isHeldByTask ? WriteHold.nested("the main database for writing, for which others wait,") : nil
    }

    /// Runs the body in a write transaction, which is rolled back if the body or the commit throws.
    ///
    /// On an embedded engine, waiting transactions share a commit; each returns once that is on disk.
    /// - Throws: what the body throws; ``TenancyError`` `nestedLease` inside another one of the same task.
    public func transaction<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: (DatabaseHandle) async throws -> Result
    ) async throws -> Result {
        try refuseNested()
        let hold = WriteHold()
        guard let groups else {
            return try await withDatabase(.write) { database in
                try await database.transaction { database in
                    try await inside(hold) { try await body(database) }
                }
            }
        }
        return try await withTaskExecutorPreference(groups.thread) {
            try await groups.commits.run { pooled in
                let handle = DatabaseHandle(
                    pooled, access: .write, dialect: engine.dialect, limits: limits, mainContext: context,
                    isInTransaction: true)
                defer { handle.end() }
                return try await inside(hold) { try await body(handle) }
            }
        }
    }

    /// Runs the body and marks its task, so that another lease for writing fails instead of waiting for this one.
    private func inside<Result>(
        _ hold: WriteHold, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        defer { hold.end() }
        return try await Self.$held.withValue((ObjectIdentifier(self), hold), operation: body)
    }

    /// The thread on which transactions run one after the other; nil on a server. Run nothing else on it that blocks.
    var thread: WorkerThreads? { groups?.thread }

    /// How many transactions wait for their turn; none on a server, where they wait for locks.
    package var waitingTransactions: Int { groups?.commits.waitingCount ?? 0 }

    /// Refuses new leases and transactions, and closes what is not in use. A transaction that is under way still ends.
    public func close() async {
        await pool.shutDown()
        thread?.shutDown()
    }

    private func migrate() async throws {
        let lock = MakerLock.name(of: "\(location.name ?? "")/migrations", at: location)
        try await engine.withConnection(to: location, as: .maintenance) { connection in
            try await SchemaMigrations.migrate(
                connection, to: schema, dialect: engine.dialect, date: time.wallNow, lock: lock,
                logger: Logger(label: "unify.tenancy"))
        }
    }

    private func requireSchema() async throws {
        try await engine.withConnection(to: location, as: .main) { connection in
            try await SchemaMigrations.require(schema, on: connection, dialect: engine.dialect)
        }
    }
}
