/// What operators can learn about a user's database without seeing its rows.
extension MultiTenantDatabaseManager {
    /// One check of a test.
    public struct Check: Sendable {
        public let name: String
        public let isOK: Bool
        /// The finding, safe to show to an operator.
        public let detail: String
        /// The error's code, if the check failed with one.
        public var code: TenancyError.Code?
        /// The code of the error's cause, if there was one.
        public var cause: TenancyError.Code?
    }

    /// How thoroughly to test.
    public enum TestDepth: Sendable { case quick, thorough }

    /// The result of ``testUserDatabase(_:depth:)``.
    public struct TestReport: Sendable {
        public let checks: [Check]
        /// The duration of the whole test.
        public let duration: Duration
        public var isOK: Bool { checks.allSatisfy(\.isOK) }
    }

    /// Opens a user's database as their queries do, and checks its stamp, schema, tables and whether it is writable.
    ///
    /// Uses a connection of its own, outside the pool, with a share of its server. Writes nothing to the database, and
    /// records its health. Checks that depend on a failed one are skipped, so each fault is reported once.
    /// - Parameter depth: `.thorough` lets the engine check the whole database, which takes as long as reading it.
    /// - Throws: ``TenancyError`` `userDatabaseNotFound` if there is no config; the report has every other fault.
    public func testUserDatabase(_ userID: UserID, depth: TestDepth = .thorough) async throws -> TestReport {
        let started = main.time.monotonicNow
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(
                .userDatabaseNotFound, "User \(userID) has no database. Run: unify setup init \(userID)", userID: userID
            )
        }
        var checks = [
            Check(
                name: "state", isOK: config.state == .active, detail: "The config's state is \(config.state.rawValue).")
        ]
        // Only a complete check can clear what a complete check has found.
        let depth = config.health.fault == .corrupt ? .thorough : depth
        await inspect(config, depth: depth, into: &checks)
        await noteHealth(of: config, checks)
        return TestReport(checks: checks, duration: main.time.monotonicNow - started)
    }

    /// What a user's database was migrated to, read in the database itself.
    /// - Throws: as ``testUserDatabase(_:depth:)`` reports, if it cannot be opened or is another user's.
    public func schemaState(of config: UserDatabaseConfig) async throws -> SchemaState {
        let engine = try countedEngines.engine(config.engine)
        return try await engine.withConnection(to: try provisioner.location(of: config), as: .user) { connection in
            try await Provisioner.verifyStamp(on: connection, of: config, dialect: engine.dialect, schema: schema)
            return try await SchemaMigrations.state(on: connection, dialect: engine.dialect, schema: schema)
        }
    }

    private func noteHealth(of config: UserDatabaseConfig, _ checks: [Check]) async {
        guard let failed = checks.dropFirst().first(where: { !$0.isOK }) else {
            return await noteHealth(nil, of: config)
        }
        // An unreachable server is no fault of the database.
        guard let fault = failed.code.flatMap({ DatabaseFault(rawValue: $0.rawValue) }) else { return }
        await noteHealth(fault, of: config, detail: failed.detail)
    }

    private func inspect(_ config: UserDatabaseConfig, depth: TestDepth, into checks: inout [Check]) async {
        do {
            let engine = try countedEngines.engine(config.engine)
            let connection = try await engine.connect(to: try provisioner.location(of: config), as: .user)
            await inspect(config, on: connection, of: engine, depth: depth, into: &checks)
            await connection.close()
        } catch {
            checks.append(failure("connection", error))
        }
    }

    private func inspect(
        _ config: UserDatabaseConfig, on connection: any DatabaseConnection, of engine: any DatabaseEngine,
        depth: TestDepth, into checks: inout [Check]
    ) async {
        guard await identity(of: config, on: connection, of: engine, into: &checks) else { return }
        let areThere = await check("tables", "Every table can be read.", &checks) {
            try await requireTables(on: connection, engine: engine)
        }
        guard areThere else { return }
        let isWritable = await check("write", "A transaction for writing can be started.", &checks) {
            try await connection.begin(.write)
            try await connection.rollback()
        }
        guard isWritable, depth == .thorough else { return }
        await check("integrity", "The engine finds the database sound.", &checks) {
            try await requireIntegrity(on: connection, engine: engine)
        }
    }

    /// Engines may open a file that is not a database; reading the stamp detects this.
    private func identity(
        of config: UserDatabaseConfig, on connection: any DatabaseConnection, of engine: any DatabaseEngine,
        into checks: inout [Check]
    ) async -> Bool {
        let opens = Check(name: "connection", isOK: true, detail: "The database opens.")
        do {
            try await Provisioner.verifyStamp(on: connection, of: config, dialect: engine.dialect, schema: schema)
            checks += [opens, Check(name: "identity", isOK: true, detail: "The stamp is this user's.")]
            return true
        } catch {
            let isAboutStamp = [.wrongDatabase, .schemaTooNew].contains((error as? TenancyError)?.code)
            checks += isAboutStamp ? [opens, failure("identity", error)] : [failure("connection", error)]
            return false
        }
    }

    /// - Throws: ``TenancyError`` `tableMissing` or another error of reading the expected tables.
    func requireTables(on connection: any DatabaseConnection, engine: any DatabaseEngine) async throws {
        for table in options.expectedTables {
            let sql = "SELECT COUNT(*) FROM \(engine.dialect.quote(table)) WHERE 1 = 0"
            _ = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        }
    }

    func requireIntegrity(on connection: any DatabaseConnection, engine: any DatabaseEngine) async throws {
        let problems = try await engine.integrityProblems(on: connection)
        guard problems.isEmpty else {
            throw TenancyError(.databaseCorrupt, problems.prefix(3).joined(separator: "; "))
        }
    }

    @discardableResult
    private func check(
        _ name: String, _ success: String, _ checks: inout [Check], _ body: () async throws -> Void
    ) async -> Bool {
        do {
            try await body()
            checks.append(Check(name: name, isOK: true, detail: success))
            return true
        } catch {
            checks.append(failure(name, error))
            return false
        }
    }

    private func failure(_ name: String, _ error: any Error) -> Check {
        let error = error as? TenancyError
        return Check(
            name: name, isOK: false, detail: error?.message ?? "It failed.", code: error?.code,
            cause: (error?.cause as? TenancyError)?.code)
    }

    // MARK: Snapshots

    /// Writes a consistent snapshot of a user's database to a new file.
    /// - Parameters:
    ///   - path: where no file exists.
    ///   - isAllowed: whether there is room for this many bytes.
    /// - Returns: false if the engine's databases are not files.
    /// - Throws: ``TenancyError`` `diskFull` if there is no room; errors of copying.
    public func snapshotUserDatabase(
        _ userID: UserID, to path: String, ifRoom isAllowed: @Sendable (Int64) -> Bool
    ) async throws -> Bool {
        // A lease checks that the database is the user's and may be used.
        try await withUserDatabase(userID, .read) { _ in
            guard let config = try await loadUserDatabaseConfig(userID) else { return false }
            let engine = try engines.engine(config.engine)
            guard engine.capabilities.isEmbedded else { return false }
            let location = try provisioner.location(of: config)
            guard isAllowed(try await engine.sizeBytes(of: location)) else {
                throw TenancyError(.diskFull, "There is no room for a copy of the database.", userID: userID)
            }
            return try await engine.snapshot(of: location, to: path)
        }
    }

    // MARK: Statistics

    /// Figures of one user database.
    public struct DatabaseStatistics: Sendable {
        public let config: UserDatabaseConfig
        /// Nil if the database is unreachable.
        public let sizeBytes: Int64?
        public let lastModified: Timestamp?
        public let openConnections: Int
        /// The name of the registered server; nil for a file and for an attached database.
        public let serverName: String?
    }

    /// One database's size and open connections.
    /// - Parameter isAnew: whether the size of a database on a server is asked for even if it was asked for in the last
    ///   minute.
    public func statistics(of config: UserDatabaseConfig, isAnew: Bool = false) async -> DatabaseStatistics {
        // What is unavailable is reported as nil, here and below: one bad database must not fail the operator's list.
        let location = try? await provisioner.provisioningLocation(of: config)
        let engine = try? engines.engine(config.engine)
        var size: Int64?
        var modified: Timestamp?
        if let location, let engine {
            size = await sizeBytes(of: config, at: location, on: engine, isAnew: isAnew)
            modified = size == nil ? nil : await lastModified(of: config, at: location, on: engine)
        }
        return DatabaseStatistics(
            config: config, sizeBytes: size, lastModified: modified,
            openConnections: pools.counts(ofFamily: config.userID).open,
            serverName: (try? await serverName(of: config)) ?? nil)
    }

    /// Statistics of databases ordered by user id.
    /// - Parameters:
    ///   - after: only ids greater than this; 0 for the start.
    ///   - limit: at most so many.
    ///   - server: only those on it; nil for all.
    public func statistics(
        after: Int64, limit: Int, on server: DatabaseServer? = nil
    ) async throws -> [DatabaseStatistics] {
        let configs = try await main.withDatabase(.read) {
            try await ConfigRepository($0).list(after: after, limit: limit, onServer: server?.id)
        }
        return await statistics(of: configs)
    }

    /// How many databases belong to users with a greater id.
    /// - Parameter server: only those on it; nil for all.
    public func countConfigs(after: Int64, on server: DatabaseServer? = nil) async throws -> Int {
        try await main.withDatabase(.read) {
            try await ConfigRepository($0).count(after: after, onServer: server?.id)
        }
    }

    /// The most databases queried at the same time.
    private static let askedAtOnce = 8

    /// Statistics of databases, in the order of their configs.
    public func statistics(of configs: [UserDatabaseConfig]) async -> [DatabaseStatistics] {
        await configs.concurrentMap(upTo: Self.askedAtOnce) { await self.statistics(of: $0) }
    }

    /// Configs ordered by user id, read from the main database.
    public func listConfigs(after: Int64, limit: Int) async throws -> [UserDatabaseConfig] {
        try await main.withDatabase(.read) { try await ConfigRepository($0).list(after: after, limit: limit) }
    }

    // MARK: Pools

    /// Figures of one pool, or of all pools together.
    public struct PoolStatistics: Sendable {
        public let open: Int
        public let idle: Int
        public let leased: Int
        public let waiting: Int
    }

    /// Figures of all pools together, and totals since the start.
    public struct PoolReport: Sendable {
        public let limits: PoolLimits
        public let now: PoolStatistics
        public let pools: Int
        public let leases: Int
        public let waits: Int
        public let opened: Int
        public let evicted: Int
        public let timeouts: Int
        public let refusals: Int
    }

    public var poolReport: PoolReport {
        let counts = pools.counts
        let totals = pools.totals
        return PoolReport(
            limits: options.pool,
            now: PoolStatistics(open: counts.open, idle: counts.idle, leased: counts.leased, waiting: counts.waiting),
            pools: pools.keys.count, leases: totals.leases, waits: totals.waits, opened: totals.opened,
            evicted: totals.evicted, timeouts: totals.timeouts, refusals: totals.refusals)
    }

    /// Updates the gauges of the pools. Call before the metrics are read.
    public func recordPoolMetrics() { metrics.pool(pools.counts) }

    /// The users with open pools, ordered by id.
    public func pooledUsers(after: Int64, limit: Int) -> [(userID: UserID, pool: PoolStatistics)] {
        pools.families.compactMap { $0 }.filter { $0.rawValue > after }.sorted().prefix(limit)
            .map { ($0, pool(of: $0)) }
    }

    /// A user's pool; all zero if there is none.
    public func pool(of userID: UserID) -> PoolStatistics {
        let counts = pools.counts(ofFamily: userID)
        return PoolStatistics(open: counts.open, idle: counts.idle, leased: counts.leased, waiting: counts.waiting)
    }
}

extension MultiTenantDatabaseManager {
    /// The number of users without a config, not counting deleted ones.
    public func countUsersWithoutDatabase() async throws -> Int {
        try await main.withDatabase(.read) { database in
            let sql = """
                SELECT COUNT(*) AS Number FROM Users WHERE Deleted_Date IS NULL AND NOT EXISTS \
                (SELECT 1 FROM User_Database_Config WHERE User_Database_Config.User_ID = Users.User_ID)
                """
            return Int(try await database.fetchOne(sql)?.integer("Number") ?? 0)
        }
    }
}
