public import Tenancy

/// User databases and the main database on Microsoft SQL Server 2016 or newer, by ODBC; also on Babelfish for
/// PostgreSQL.
///
/// Sessions are READ COMMITTED with row versions, so that readers never wait for writers; read transactions are
/// SNAPSHOT and see one state. An error in a transaction rolls back all of it (`XACT_ABORT`).
public final class SQLServerEngine: DatabaseEngine {
    public static let defaultPort = 1433

    public let kind = EngineKind.sqlserver
    public let dialect: any Dialect = SQLServerDialect()
    public let capabilities = EngineCapabilities(
        hasSingleWriter: false, descriptorsPerConnection: 3, isEmbedded: false)
    let options: Options
    let time: any TimeSource
    private let threads: ServerThreads
    private let watch: DeadlineTimer

    /// The engine's options.
    public struct Options: Sendable {
        /// The ODBC driver: its name in odbcinst.ini, or the path of its library.
        public var driver: String
        /// The most concurrent calls to one server.
        public var maxThreads: Int
        /// The time limit of connecting and logging in.
        public var connectLimit: Duration
        /// How long a statement waits for a lock.
        public var lockLimit: Duration
        /// The time limit of making, dropping and renaming a database.
        public var provisioningLimit: Duration

        public init(
            driver: String = Options.defaultDriver, maxThreads: Int = 64, connectLimit: Duration = .seconds(5),
            lockLimit: Duration = .seconds(10), provisioningLimit: Duration = .seconds(60)
        ) {
            self.driver = driver
            self.maxThreads = maxThreads
            self.connectLimit = connectLimit
            self.lockLimit = lockLimit
            self.provisioningLimit = provisioningLimit
        }

        /// The name that Debian's package tdsodbc registers.
        public static let defaultDriver = "FreeTDS"
    }

    public init(options: Options = Options(), time: any TimeSource = SystemTimeSource()) {
        self.options = options
        self.time = time
        threads = ServerThreads(name: "sqlserver", maxThreads: options.maxThreads)
        watch = DeadlineTimer(time: time)
    }

    public func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let name = try Self.name(of: location)
        do {
            return try await open(location, database: name, role: role)
        } catch let error as TenancyError where error.code == .loginRefused {
            // A server also answers so if the database is missing, but not to an unknown login.
            guard try await withMaster(location, { try await exists(name, on: $0) }) else {
                throw missing(location)
            }
            throw error
        }
    }

    /// - Parameter database: on the location's server.
    func open(
        _ location: DatabaseLocation, database: String, role: ConnectionRole
    ) async throws -> ServerConnection<SQLServerHandle> {
        guard let login = location.login(for: role) else { throw Self.wrong("The location has no login.") }
        let pair = threads.threads(for: location)
        let handle = try await pair.calls.run { [options, time] in
            let link = try SQLServerLink(location, database: database, login: login, options: options)
            return SQLServerHandle(link, role: role, time: time)
        }
        // The driver does not expose its socket; it breaks off by itself, `SQLServerLink.timeoutSlack` later.
        let calls = CallScheduler(
            threads: pair, watch: watch, time: time, stop: { handle.link.cancel() }, breakOff: {})
        return ServerConnection(handle, calls: calls, controlLimit: .seconds(30))
    }

    // MARK: Locations

    static func name(of location: DatabaseLocation) throws -> String {
        guard location.engine == .sqlserver else { throw wrong("This is no SQL Server database.") }
        let name = location.name ?? ""
        if let fault = fault(inName: name) { throw wrong("The name of the SQL Server database \(fault)") }
        return name
    }

    /// Why a name of a database or login is invalid; nil for a valid name.
    static func fault(inName name: String) -> String? {
        if let fault = ServerName.fault(in: name) { return fault }
        return name.contains("}") ? "contains a }, which ODBC cannot be told." : nil
    }

    func missing(_ location: DatabaseLocation) -> TenancyError {
        TenancyError(
            .databaseMissing, "The SQL Server \(SQLServerErrors.place(location)) has no such database.",
            engine: .sqlserver)
    }

    static func wrong(_ message: String) -> TenancyError {
        TenancyError(.invalidConfiguration, message, engine: .sqlserver)
    }
}
