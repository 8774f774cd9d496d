public import Logging
public import Tenancy

/// What the environment, the file `.env` and the flags say, read and checked. ``SettingsReader`` makes it.
public struct Settings: Sendable {
    public var isMultiTenant = false
    /// The mode that a setting names; nil if none does, and the installation's own counts.
    public var chosenMode: InstallationMode?
    /// Where the main database is.
    public var mainDatabase: DatabaseLocation
    /// The file that says so, where one does.
    public var mainDatabaseURLFile: String?
    /// Absolute, without symbolic links.
    public var dataDirectory: String
    public var defaultEngine = EngineKind.sqlite
    /// What names of databases and logins on servers begin with.
    public var databasePrefix = MultiTenantDatabaseManager.Options.defaultNamePrefix
    /// Where the command may attach databases of an operator's own, besides on registered servers.
    public var attachHosts: [AttachHost] = []
    /// The PostgreSQL database in which others are made.
    public var postgreSQLMaintenanceDatabase = "postgres"
    /// Databases kept in stock on each server.
    public var warmPoolSize = 0
    /// The root key itself, where the environment holds it.
    public var masterKey: Secret<String>?
    public var masterKeyFile: String
    public var host = "127.0.0.1"
    public var port = 5000
    public var pool = PoolLimits()
    /// Clients that may be connected at a time; more wait in the system's line.
    public var maxClients = 1000
    public var clientTimeLimits = ClientTimeLimits()
    /// What tests do without, to see that they would find the hole.
    package var disabledSafeguards: Set<Safeguard> = []
    public var statementTimeout: Duration = .seconds(30)
    /// `full` or `normal`: see docs/limits.md.
    public var durability = "full"
    /// The ODBC driver for SQL Server: a name in odbcinst.ini or a path.
    public var sqlServerDriver = "FreeTDS"
    public var userLimits = UserLimits()
    public var storageLimits = StorageLimits()
    public var registration = RegistrationPolicy.open
    public var registrationLimits = RegistrationLimits()
    /// How long a deleted account can be restored.
    public var deletionGrace: Duration = .seconds(30 * 24 * 3600)
    /// Whether administrators must have a second factor.
    public enum SecondFactorRule: String, Sendable { case optional, required }

    public var adminSecondFactor = SecondFactorRule.optional
    /// How long requests that have begun are waited for when the server is told to end.
    public var shutdownTimeout: Duration = .seconds(30)
    /// How often every user's database is looked at; zero for never.
    public var healthCheckPeriod: Duration = .seconds(24 * 3600)
    public var publicURL: PublicURL?
    /// The name of the session's cookie, without the prefix that it has with TLS.
    public var cookieName = TokenCookie.standardName
    /// Whose word counts about whom a request comes from.
    public var trustedProxies = TrustedProxies()
    /// Where health, readiness and metrics are answered to this machine without a token; nil for nowhere but the main port.
    public var operationsPort: Int?
    public var metricsToken: Secret<String>?
    /// The file that says so, where one does.
    public var metricsTokenFile: String?
    /// Variables of the environment that look like settings, and are what Kubernetes adds for a service.
    public var serviceLinks: [String] = []
    public var logLevel = Logger.Level.info
    /// For tests, in debug builds only: the fault point at which the process kills itself.
    public var killAt: String?

    /// Whether the settings say which installation this is; else it is the one in the working directory.
    public var namesInstallation = false

    /// Whether there is a main database; of one on a server that is taken for granted.
    public var hasMainDatabase: Bool { mainDatabase.path.map { FileStatus(ofLink: $0) != nil } ?? true }

    /// Makes the data directory, mode 0700, where it is missing.
    public func makeDataDirectory() throws { try FolderPath.make(dataDirectory) }

    init(mainDatabase: DatabaseLocation, dataDirectory: String) {
        self.mainDatabase = mainDatabase
        self.dataDirectory = dataDirectory
        masterKeyFile = "\(dataDirectory)/master.key"
    }
}
