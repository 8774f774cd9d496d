public import Tenancy

/// User databases and the main database on MySQL 8 or MariaDB 10.11 servers, by MariaDB Connector/C.
///
/// Sessions are strict, in UTC, and READ COMMITTED; read transactions see one snapshot (REPEATABLE READ). Every
/// schema change commits by itself: a failed migration is not recorded, but its completed statements remain.
public final class MySQLEngine: DatabaseEngine {
    public static let defaultPort = 3306

    public let kind = EngineKind.mysql
    public let dialect: any Dialect = MySQLDialect()
    public let capabilities = EngineCapabilities(
        hasSingleWriter: false, descriptorsPerConnection: 2, isEmbedded: false)
    let options: Options
    let time: any TimeSource
    private let threads: ServerThreads
    private let watch: DeadlineTimer

    /// The engine's options.
    public struct Options: Sendable {
        /// The most concurrent calls to one server.
        public var maxThreads: Int
        /// The time limit of connecting and logging in.
        public var connectLimit: Duration
        /// How long a statement waits for a row or table lock.
        public var lockLimit: Duration
        /// The time limit of BEGIN, COMMIT, ROLLBACK and of each provisioning step.
        public var controlLimit: Duration
        /// Prepared statements kept for each connection.
        public var statementCacheSize: Int
        /// For tests.
        package var disabledSafeguards: Set<Safeguard> = []

        public init(
            maxThreads: Int = 64, connectLimit: Duration = .seconds(5), lockLimit: Duration = .seconds(10),
            controlLimit: Duration = .seconds(30), statementCacheSize: Int = 64
        ) {
            self.maxThreads = maxThreads
            self.connectLimit = connectLimit
            self.lockLimit = lockLimit
            self.controlLimit = controlLimit
            self.statementCacheSize = statementCacheSize
        }
    }

    public init(options: Options = Options(), time: any TimeSource = SystemTimeSource()) {
        self.options = options
        self.time = time
        threads = ServerThreads(name: "mysql", maxThreads: options.maxThreads)
        watch = DeadlineTimer(time: time)
    }

    public func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        guard let login = location.login(for: role) else { throw Self.wrong("The location has no login.") }
        let name = try Self.name(of: location)
        do {
            return try await open(location, database: name, as: login, role: role)
        } catch let error as TenancyError where error.code == .loginRefused {
            // A server also answers so if the database is missing.
            if try await isMissing(location) { throw Self.missing(location) }
            throw error
        }
    }

    /// - Parameter database: nil for none.
    func open(
        _ location: DatabaseLocation, database: String?, as login: Login, role: ConnectionRole
    ) async throws -> ServerConnection<MySQLHandle> {
        let threads = threads.threads(for: location)
        let handle = try await threads.calls.run { [options] in
            let link = try MySQLLink(
                location, database: database, login: login, limit: options.connectLimit,
                settings: options.sessionSettings)
            return MySQLHandle(
                link, stopper: MySQLStopper(location: location, login: login, threadID: link.threadID), role: role,
                options: options)
        }
        let calls = CallScheduler(
            threads: threads, watch: watch, time: time, stop: { [stopper = handle.stopper] in stopper.stop() },
            breakOff: { [socket = handle.link.socket] in socket.shutDown() })
        return ServerConnection(handle, calls: calls, controlLimit: options.controlLimit)
    }

    /// Whether the provisioning login finds no such database; false if there is no such login.
    private func isMissing(_ location: DatabaseLocation) async throws -> Bool {
        // A location without a valid name was refused before.
        guard let login = location.provisioningLogin, let name = try? Self.name(of: location) else { return false }
        do {
            try await open(location, database: name, as: login, role: .maintenance).close()
            return false
        } catch let error as TenancyError {
            return error.code == .databaseMissing
        }
    }

    // MARK: Locations

    static func name(of location: DatabaseLocation) throws -> String {
        guard location.engine == .mysql else { throw wrong("This is no MySQL database.") }
        let name = location.name ?? ""
        if let fault = MySQLText.fault(inName: name) { throw wrong("The name of the MySQL database \(fault)") }
        return name
    }

    static func wrong(_ message: String) -> TenancyError {
        TenancyError(.invalidConfiguration, message, engine: .mysql)
    }

    static func missing(_ location: DatabaseLocation) -> TenancyError {
        TenancyError(
            .databaseMissing, "The MySQL server \(MySQLErrors.place(location)) has no such database.", engine: .mysql)
    }
}

extension MySQLEngine.Options {
    /// The settings of every session, in one statement, overriding the server's file, `init_connect` and `SET
    /// GLOBAL`. `tx_isolation` is MariaDB's name for `transaction_isolation`; MySQL otherwise reports sizes from a
    /// cache that is up to a day old.
    var sessionSettings: String {
        let modes = [
            "STRICT_ALL_TABLES", "ERROR_FOR_DIVISION_BY_ZERO", "NO_ZERO_DATE", "NO_ZERO_IN_DATE",
            "NO_BACKSLASH_ESCAPES", "NO_ENGINE_SUBSTITUTION",
        ].joined(separator: ",")
        let seconds = max(1, lockLimit.components.seconds)
        return "SET NAMES utf8mb4 COLLATE utf8mb4_bin, autocommit = 1, sql_mode = '\(modes)', time_zone = '+00:00', "
            + "innodb_lock_wait_timeout = \(seconds), lock_wait_timeout = \(seconds), completion_type = 0, "
            + "sql_select_limit = 18446744073709551615, sql_safe_updates = 0, sql_auto_is_null = 0, "
            + "foreign_key_checks = 1, unique_checks = 1, default_storage_engine = InnoDB"
            + "/*M! , tx_isolation = 'READ-COMMITTED', tx_read_only = 0, max_statement_time = 0, "
            + "default_regex_flags = '', check_constraint_checks = 1*/"
            + "/*!50701 , transaction_isolation = 'READ-COMMITTED', transaction_read_only = 0, "
            + "max_execution_time = 0, information_schema_stats_expiry = 0*/"
    }
}
