internal import Logging
internal import Synchronization

/// Health: the result of opening or checking a database is recorded once, and stays until a check finds the database
/// healthy.
extension MultiTenantDatabaseManager {
    /// Files up to this size are read completely at each check.
    static let wholeLookBytes: Int64 = 8 * 1024 * 1024

    /// The result of checking a database.
    public enum HealthOutcome: Sendable {
        case healthy
        case unhealthy(DatabaseFault)
        /// Unknown: its server is down, or the machine is too busy.
        case unknown(TenancyError)
    }

    /// The installation's health, for operators.
    public struct HealthSummary: Sendable {
        /// Unusable databases, by fault.
        public let unhealthyDatabases: [DatabaseFault: Int]
        /// The addresses of unreachable servers.
        public let unreachableServers: [String]
        /// Why reachable registered servers cannot be used, by server name.
        public let unusableServers: [String: String]
        /// Whether a newly registered user gets a database.
        public let takesNewDatabases: Bool

        public var unhealthyCount: Int { unhealthyDatabases.values.reduce(0, +) }
    }

    /// What is recorded about all databases and servers; opens none of them.
    public func healthSummary() async throws -> HealthSummary {
        let (counts, takesNew) = try await main.withDatabase(.read) { database in
            (try await ConfigRepository(database).unhealthyCounts(), try await hasPlaceForNew(in: database))
        }
        return HealthSummary(
            unhealthyDatabases: counts, unreachableServers: unavailableServers, unusableServers: serverWatch.unusable,
            takesNewDatabases: takesNew)
    }

    /// Updates the gauges of databases and servers. Call before the metrics are read.
    public func recordHealthMetrics() async throws { metrics.health(try await healthSummary()) }

    /// Whether the default engine needs no server, or has one that takes new databases.
    public func hasPlaceForNewDatabases() async throws -> Bool {
        try await main.withDatabase(.read) { try await hasPlaceForNew(in: $0) }
    }

    private func hasPlaceForNew(in database: DatabaseHandle) async throws -> Bool {
        if try engines.engine(options.defaultEngine).capabilities.isEmbedded { return true }
        return try await !ServerRepository(database).active(options.defaultEngine).isEmpty
    }

    // MARK: Recording

    /// Records a database's health unless it is unchanged.
    /// - Parameter fault: nil for a healthy database.
    func noteHealth(_ fault: DatabaseFault?, of config: UserDatabaseConfig, detail: String? = nil) async {
        let userID = config.userID
        guard config.health.fault != fault, healthNotes.begin(userID, now: main.time.monotonicNow) else { return }
        var isStored = false
        defer { healthNotes.end(userID, isStored: isStored, now: main.time.monotonicNow) }
        do {
            try await withoutCancellation { [self] in
                try await store(fault, of: config, detail: detail)
                await apply(.user(userID))
            }
            isStored = true
        } catch {
            logger.error(
                "a database's health could not be written down", metadata: ["user": "\(userID)", "error": "\(error)"])
        }
    }

    private func store(_ fault: DatabaseFault?, of config: UserDatabaseConfig, detail: String?) async throws {
        let date = main.time.wallNow
        let action =
            switch fault {
            case nil: "database.healthy"
            case .wrong: "database.wrong"
            default: "database.unhealthy"
            }
        try await main.transaction { database in
            guard try await ConfigRepository(database).setHealth(fault, of: config, date: date) else { return }
            try await ChangeLog(database).append(config.userID, date: date)
            try await AuditLog(database).append(
                action, actor: nil, userID: config.userID, detail: detail ?? fault?.rawValue, date: date)
        }
    }

    // MARK: Checking

    /// Checks a database and its tables as a request of its user would open them; reads a small file completely.
    /// Records the result.
    public func checkHealth(of userID: UserID) async throws -> HealthOutcome {
        let config = try await usableConfig(of: userID)
        do {
            try await look(at: config)
            await noteHealth(nil, of: config)
            return .healthy
        } catch let error as TenancyError {
            guard let fault = DatabaseFault(error) else { return .unknown(error) }
            // Opening it may have recorded this already.
            await noteHealth(fault, of: try await loadUserDatabaseConfig(userID) ?? config, detail: error.message)
            return .unhealthy(fault)
        }
    }

    /// Uses a lease of the user's pool, so that all bounds hold; closes what it had to open.
    private func look(at config: UserDatabaseConfig) async throws {
        let engine = try engines.engine(config.engine)
        let key = poolKey(of: config)
        let hasOpened = Lock(false)
        try await pools.withConnection(
            of: key, access: .read, hasSingleWriter: engine.capabilities.hasSingleWriter,
            openingOn: engine.threads
        ) {
            try await self.serverLimit(of: config)
        } open: { server in
            hasOpened.withLock { $0 = true }
            return try await self.openVerified(config.userID, as: key, on: server)
        } body: { pooled in
            guard !pooled.isRevoked else { throw TenancyError.staleLease }
            let isNew = hasOpened.withLock { $0 }
            defer { if isNew { pooled.revoke() } }
            try await examine(pooled.connection, of: config, on: engine, isNew: isNew)
        }
    }

    private func examine(
        _ connection: any DatabaseConnection, of config: UserDatabaseConfig, on engine: any DatabaseEngine, isNew: Bool
    ) async throws {
        let location = try provisioner.location(of: config)
        let isFile = engine.capabilities.isEmbedded
        // An open connection caches what it has read.
        if isFile, !isNew { try await provisioner.verify(config) }
        try await requireTables(on: connection, engine: engine)
        // On every engine, a database found to be corrupt counts as healthy only once all of it has been read.
        if config.health.fault != .corrupt {
            guard isFile, try await engine.sizeBytes(of: location) <= Self.wholeLookBytes else { return }
        }
        try await requireIntegrity(on: connection, engine: engine)
    }
}
