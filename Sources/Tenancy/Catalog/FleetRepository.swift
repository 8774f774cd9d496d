/// Searches and counts over all users' databases, for operators.
public struct FleetRepository: Sendable {
    /// A database and its owner.
    public struct Entry: Sendable {
        public let config: UserDatabaseConfig
        public let username: String
        /// When the user asked to be deleted; nil if not deleted.
        public let deletedAt: Timestamp?
    }

    /// Conditions on databases; all must hold, and nil matches any.
    public struct Filter: Sendable {
        /// Part of the username or email address, or the user's number.
        public var text: String?
        public var engine: EngineKind?
        public var state: DatabaseState?
        public var serverID: Int64?
        public var schemaVersion: Int?
        /// False for databases that need repair.
        public var isHealthy: Bool?

        public init() {}
    }

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Databases ordered by user id.
    /// - Parameters:
    ///   - after: only greater user ids; 0 to start.
    ///   - limit: the maximum count.
    public func list(_ filter: Filter, after: Int64, limit: Int) async throws -> [Entry] {
        var conditions = ["C.User_ID > ?"]
        var parameters: [SQLValue] = [.integer(after)]
        if let text = filter.text {
            let (condition, values) = UserRepository.condition(matching: text, number: "C.User_ID", database.dialect)
            conditions.append(condition)
            parameters += values
        }
        let equal: [(String, SQLValue?)] = [
            ("C.DB_Type", filter.engine.map { .text($0.rawValue) }),
            ("C.State", filter.state.map { .text($0.rawValue) }),
            ("C.Server_ID", filter.serverID.map(SQLValue.integer)),
            (
                "C.Health",
                filter.isHealthy.map { .text($0 ? DatabaseHealth.healthyWord : DatabaseHealth.unhealthyWord) }
            ),
            ("C.Schema_Version", filter.schemaVersion.map { .integer(Int64($0)) }),
        ]
        for case (let column, let value?) in equal {
            conditions.append("\(column) = ?")
            parameters.append(value)
        }
        let sql = """
            SELECT \(ConfigRepository.columns(of: "C")), U.Username, U.Deleted_Date \
            FROM User_Database_Config C INNER JOIN Users U ON U.User_ID = C.User_ID \
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY C.User_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map { row in
            Entry(
                config: try ConfigRepository.config(row), username: try row.text("Username"),
                deletedAt: try row.optionalTimestamp("Deleted_Date"))
        }
    }

    // MARK: Counts

    /// The number of databases of one engine in one state.
    public struct DatabaseCount: Sendable {
        public let engine: EngineKind
        public let state: DatabaseState
        public let count: Int
    }

    /// Totals for the whole installation.
    public struct Counts: Sendable {
        public let users: Int
        public let administrators: Int
        public let suspendedUsers: Int
        /// Deleted users who can still be restored.
        public let deletedUsers: Int
        public let databases: [DatabaseCount]
        /// The number of databases by schema version.
        public let schemaVersions: [Int: Int]
        /// Registered servers in any state.
        public let servers: Int
        public let runningJobs: Int
        public let failedJobs: Int
    }

    /// Counts everything. Takes some tens of milliseconds with 100,000 users.
    public func counts() async throws -> Counts {
        let deleted = try await count("Users WHERE Deleted_Date IS NOT NULL")
        return Counts(
            users: try await count("Users"),
            administrators: try await count("Users WHERE Is_Admin = ?", true),
            suspendedUsers: try await count("Users WHERE Is_Active = ?", false) - deleted, deletedUsers: deleted,
            databases: try await databaseCounts(), schemaVersions: try await schemaVersions(),
            servers: try await count("Database_Server"),
            runningJobs: try await count("Job WHERE State = ?", .text(JobState.running.rawValue)),
            failedJobs: try await count("Job WHERE State = ?", .text(JobState.failed.rawValue)))
    }

    private func count(_ rows: String, _ parameters: SQLValue...) async throws -> Int {
        Int(try await database.fetchOne("SELECT COUNT(*) AS Number FROM \(rows)", parameters)?.integer("Number") ?? 0)
    }

    private func databaseCounts() async throws -> [DatabaseCount] {
        let sql = """
            SELECT DB_Type, State, COUNT(*) AS Number FROM User_Database_Config GROUP BY DB_Type, State \
            ORDER BY DB_Type, State
            """
        return try await database.fetchAll(sql).compactMap { row in
            guard let engine = EngineKind(rawValue: try row.text("DB_Type")),
                let state = DatabaseState(rawValue: try row.text("State"))
            else { return nil }
            return DatabaseCount(engine: engine, state: state, count: Int(try row.integer("Number")))
        }
    }

    /// The number of databases by schema version.
    public func schemaVersions() async throws -> [Int: Int] {
        let sql = "SELECT Schema_Version, COUNT(*) AS Number FROM User_Database_Config GROUP BY Schema_Version"
        return Dictionary(
            uniqueKeysWithValues: try await database.fetchAll(sql).map {
                (Int(try $0.integer("Schema_Version")), Int(try $0.integer("Number")))
            })
    }
}
