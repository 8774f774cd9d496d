public import Tenancy

/// User databases and the main database on PostgreSQL servers, version 13 or newer, by libpq.
public final class PostgreSQLEngine: DatabaseEngine {
    public static let defaultPort = 5432

    public let kind = EngineKind.postgresql
    public let dialect: any Dialect = PostgreSQLDialect()
    public let capabilities = EngineCapabilities(
        hasSingleWriter: false, descriptorsPerConnection: 2, isEmbedded: false)
    let options: Options
    let time: any TimeSource
    private let threads: ServerThreads
    /// Shared by all listeners, because threads do not end; started on demand.
    private let listenThreads = WorkerThreads(name: "postgresql-listen", maxThreads: 64, isApart: true)
    private let watch: DeadlineTimer

    /// The engine's options.
    public struct Options: Sendable {
        /// The most concurrent calls to one server.
        public var maxThreads: Int
        /// The time limit of connecting.
        public var connectLimit: Duration
        /// How long a statement waits for a lock.
        public var lockLimit: Duration
        /// How long a transaction may be idle before the server ends it.
        public var idleTransactionLimit: Duration
        /// The time limit of making, dropping and renaming a database.
        public var provisioningLimit: Duration
        /// Prepared statements kept for each connection.
        public var statementCacheSize: Int
        /// The database that provisioning connects to when it needs no user's database.
        public var maintenanceDatabase: String
        /// For tests.
        package var disabledSafeguards: Set<Safeguard> = []

        public init(
            maxThreads: Int = 64, connectLimit: Duration = .seconds(5), lockLimit: Duration = .seconds(60),
            idleTransactionLimit: Duration = .seconds(60), provisioningLimit: Duration = .seconds(60),
            statementCacheSize: Int = 64, maintenanceDatabase: String = "postgres"
        ) {
            self.maxThreads = maxThreads
            self.connectLimit = connectLimit
            self.lockLimit = lockLimit
            self.idleTransactionLimit = idleTransactionLimit
            self.provisioningLimit = provisioningLimit
            self.statementCacheSize = statementCacheSize
            self.maintenanceDatabase = maintenanceDatabase
        }

        /// A session's settings in the form of libpq's `options`. Settings given at the start override those of ALTER
        /// ROLE, which could otherwise end sessions early or change what names mean.
        var sessionSettings: String {
            let settings = [
                ("default_transaction_isolation", "read\\ committed"),
                ("default_transaction_read_only", "off"), ("default_transaction_deferrable", "off"),
                ("statement_timeout", "0"), ("local_preload_libraries", ""), ("transform_null_equals", "off"),
                ("row_security", "on"), ("exit_on_error", "off"), ("default_table_access_method", "heap"),
                ("default_tablespace", ""), ("client_min_messages", "warning"),
                ("tcp_user_timeout", "0"),
                ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("IntervalStyle", "iso_8601"), ("bytea_output", "hex"),
                ("extra_float_digits", "3"), ("standard_conforming_strings", "on"),
                ("lock_timeout", Self.milliseconds(lockLimit)),
                ("idle_in_transaction_session_timeout", Self.milliseconds(idleTransactionLimit)),
            ]
            return settings.map { "-c \($0)=\($1)" }.joined(separator: " ")
        }

        /// For servers of version 14 or newer, which can end idle sessions.
        static let idleSetting = " -c idle_session_timeout=0"

        private static func milliseconds(_ duration: Duration) -> String { String(Int(duration / .milliseconds(1))) }
    }

    public init(options: Options = Options(), time: any TimeSource = SystemTimeSource()) {
        PostgreSQLEnvironment.clear()
        self.options = options
        self.time = time
        threads = ServerThreads(name: "postgresql", maxThreads: options.maxThreads)
        watch = DeadlineTimer(time: time)
    }

    public func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let name = try Self.name(of: location)
        do {
            return try await open(location, database: name, login: location.login(for: role), role: role)
        } catch let error as TenancyError where error.code == .loginRefused && location.provisioningLogin != nil {
            // The server tells an unknown login nothing about databases.
            guard try await withMaintenance(location, { try await exists(name, on: $0) }) else {
                throw TenancyError(
                    .databaseMissing, "The PostgreSQL server has no such database.", engine: .postgresql)
            }
            throw error
        }
    }

    public func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)? {
        let name = try Self.name(of: location)
        let login = try Self.required(location.login)
        let link = try await threads.threads(for: location).calls.run { [options] in
            let link = try PostgreSQLLink(location, database: name, login: login, options: options)
            do {
                let handle = PostgreSQLHandle(link, role: .main, options: options)
                try handle.control("LISTEN \(PostgreSQLDialect.channel)")
            } catch {
                link.close()
                throw error
            }
            return link
        }
        return try PostgreSQLListener(link, threads: listenThreads)
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the other end is a connection pooler.
    func refusePooler(_ connection: ServerConnection<PostgreSQLHandle>, at location: DatabaseLocation) async throws {
        let sql = "SELECT pg_catalog.pg_backend_pid()::pg_catalog.int8 AS number"
        let number = try await run(sql, on: connection).first?.integer("number")
        let told = try await connection.run { Int64($0.link.processID) }
        guard number == told else {
            throw TenancyError(
                .invalidConfiguration, PostgreSQLErrors.pooled(location.serverAddress), engine: .postgresql)
        }
    }

    /// - Parameter database: on the location's server.
    func open(
        _ location: DatabaseLocation, database: String, login: Login?, role: ConnectionRole,
        searchPath: SearchPath = .schema
    ) async throws -> ServerConnection<PostgreSQLHandle> {
        guard location.engine == .postgresql else {
            throw TenancyError(.invalidConfiguration, "This is no PostgreSQL database.", engine: .postgresql)
        }
        let login = try Self.required(login)
        let pair = threads.threads(for: location)
        let handle = try await pair.calls.run { [options] in
            let link = try PostgreSQLLink(
                location, database: database, login: login, options: options, searchPath: searchPath)
            return PostgreSQLHandle(link, role: role, options: options)
        }
        let calls = CallScheduler(
            threads: pair, watch: watch, time: time, stop: { handle.link.cancel() },
            breakOff: { handle.link.socket.shutDown() })
        let connection = ServerConnection(handle, calls: calls, controlLimit: .seconds(30))
        // Only where a server or a main database is configured; the others are on servers that were checked.
        guard role == .main else { return connection }
        do {
            try await refusePooler(connection, at: location)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    static func name(of location: DatabaseLocation) throws -> String {
        let name = location.name ?? ""
        if let fault = ServerName.fault(in: name) {
            throw TenancyError(
                .invalidConfiguration, "The name of the PostgreSQL database \(fault)", engine: .postgresql)
        }
        return name
    }

    static func required(_ login: Login?) throws -> Login {
        guard let login else {
            throw TenancyError(
                .invalidConfiguration, "A PostgreSQL database needs a login and its password.", engine: .postgresql)
        }
        return login
    }
}
