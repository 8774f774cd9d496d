public import Logging
public import Tenancy

/// The settings from the environment, the file `.env` and the flags, validated. Made by ``SettingsReader``.
public struct Settings: Sendable {
    public var isMultiTenant = false
    /// The mode that a setting names; nil if none does, and the installation's own counts.
    public var chosenMode: InstallationMode?
    /// The location of the main database.
    public var mainDatabase: DatabaseLocation
    /// The file with that setting, if any.
    public var mainDatabaseURLFile: String?
    /// Absolute, without symbolic links.
    public var dataDirectory: String
    public var defaultEngine = EngineKind.sqlite
    /// The prefix of database and login names on servers.
    public var databasePrefix = MultiTenantDatabaseManager.Options.defaultNamePrefix
    /// The folder of the operator's own migrations of user databases.
    public var migrationsFolder: String?
    /// Hosts, besides registered servers, on which the command may attach operators' own databases.
    public var attachHosts: [AttachHost] = []
    /// The PostgreSQL database for provisioning connections.
    public var postgreSQLMaintenanceDatabase = "postgres"
    /// Databases kept in stock on each server.
    public var warmPoolSize = 0
    /// The root key itself, if the environment contains it.
    public var masterKey: Secret<String>?
    public var masterKeyFile: String
    public var host = "127.0.0.1"
    public var port = 5000
    public var pool = PoolLimits()
    /// Clients that may be connected at a time; more wait in the system's line.
    public var maxClients = 1000
    public var clientTimeLimits = ClientTimeLimits()
    /// Disabled only by tests, to prove that they would notice.
    package var disabledSafeguards: Set<Safeguard> = []
    public var statementTimeout: Duration = .seconds(30)
    /// `full` or `normal`: see docs/limits.md.
    public var durability = "full"
    /// The ODBC driver for SQL Server: a name in odbcinst.ini or a path.
    public var sqlServerDriver = "FreeTDS"
    public var userLimits = UserLimits()
    public var storageLimits = StorageLimits()
    public var exportLimits = ExportLimits()
    public var registration = RegistrationPolicy.open
    public var registrationLimits = RegistrationLimits()
    /// How long a deleted account can be restored.
    public var deletionGrace: Duration = .seconds(30 * 24 * 3600)
    /// Whether administrators must have a second factor.
    public enum SecondFactorRule: String, Sendable { case optional, required }

    public var adminSecondFactor = SecondFactorRule.optional
    /// How long to wait for running requests at shutdown.
    public var shutdownTimeout: Duration = .seconds(30)
    /// How often every user's database is checked; zero for never.
    public var healthCheckPeriod: Duration = .seconds(24 * 3600)
    public var publicURL: PublicURL?
    /// The name of the session's cookie, without the prefix that it has with TLS.
    public var cookieName = TokenCookie.standardName
    /// The trusted proxies.
    public var trustedProxies = TrustedProxies()
    /// The port on which health, readiness and metrics need no token from this machine; nil for none but the main
    /// port.
    public var operationsPort: Int?
    public var metricsToken: Secret<String>?
    /// The file with that setting, if any.
    public var metricsTokenFile: String?
    /// Environment variables that look like settings but are those that Kubernetes adds for a service.
    public var serviceLinks: [String] = []
    public var logLevel = Logger.Level.info
    /// For tests, in debug builds only: the fault point at which the process kills itself.
    public var killAt: String?

    /// Whether the settings name the installation; otherwise it is the one in the working directory.
    public var namesInstallation = false

    /// Whether there is a main database; assumed for one on a server.
    public var hasMainDatabase: Bool { mainDatabase.path.map { FileStatus(ofLink: $0) != nil } ?? true }

    /// Creates the data directory, mode 0700, if it is missing.
    public func makeDataDirectory() throws { try FolderPath.make(dataDirectory) }

    init(mainDatabase: DatabaseLocation, dataDirectory: String) {
        self.mainDatabase = mainDatabase
        self.dataDirectory = dataDirectory
        masterKeyFile = "\(dataDirectory)/master.key"
    }
}
