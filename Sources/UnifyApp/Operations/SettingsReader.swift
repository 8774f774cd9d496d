internal import Foundation
internal import Logging
internal import Tenancy

/// Reads settings: flags win over the environment, the environment over the file `.env` in the working directory.
public struct SettingsReader: Sendable {
    /// Every known setting and its meaning; `unify serve --help` prints it.
    public static let names: [(name: String, meaning: String)] = [
        (
            "MULTI_TENANT_MODE",
            "true: a database for each user; false: one shared database (as recorded; false for a new installation)"
        ),
        (
            "UNIFY_MAIN_DATABASE_URL",
            "sqlite:PATH or ENGINE://LOGIN:PASSWORD@HOST:PORT/NAME?tls=MODE (sqlite:<data dir>/main.db)"
        ),
        ("UNIFY_MAIN_DATABASE_URL_FILE", "a file of mode 0600 that holds it instead"),
        ("UNIFY_DATA_DIR", "the folder of the databases and the key file (data)"),
        ("UNIFY_DEFAULT_ENGINE", "the engine of new user databases: sqlite, postgresql, mysql, sqlserver (sqlite)"),
        ("UNIFY_DATABASE_PREFIX", "what names of databases and logins on servers begin with (user_)"),
        ("UNIFY_MIGRATIONS_DIR", "a folder with your own migrations of user databases, as dbmate's files (none)"),
        (
            "UNIFY_ATTACH_HOSTS",
            "HOST or HOST:PORT, with commas between: where the command may attach databases, besides registered servers"
        ),
        ("UNIFY_POSTGRESQL_MAINTENANCE_DATABASE", "the database from which others are made on PostgreSQL (postgres)"),
        ("UNIFY_WARM_POOL_SIZE", "databases kept ready on each server for new users (0)"),
        ("UNIFY_SQLSERVER_DRIVER", "the ODBC driver for SQL Server: its name in odbcinst.ini or its path (FreeTDS)"),
        ("UNIFY_MASTER_KEY", "the root key, 32 bytes in base64; older ones after it, with commas between"),
        ("UNIFY_MASTER_KEY_FILE", "the file of the root key, made on first start (<data dir>/master.key)"),
        ("UNIFY_HOST", "the address to listen on (127.0.0.1)"),
        ("UNIFY_PORT", "the port to listen on (5000)"),
        (
            "UNIFY_IDLE_TIMEOUT",
            "seconds for which a connection of a client stays open without a request; longer than the proxy's own (75)"
        ),
        ("UNIFY_POOL_SIZE", "idle connections kept for each user (10)"),
        ("UNIFY_POOL_MAX_OVERFLOW", "connections for each user beyond that (20)"),
        ("UNIFY_MAX_CONNECTIONS", "connections over all users (from ulimit -n, 3 descriptors each)"),
        ("UNIFY_POOL_TIMEOUT", "seconds to wait for a connection (10)"),
        ("UNIFY_STATEMENT_TIMEOUT", "seconds that a statement may run (30)"),
        ("UNIFY_DURABILITY", "full: a commit survives power loss; normal: it survives kill -9 (full)"),
        ("UNIFY_USER_CONCURRENCY", "requests of one user that are answered or wait for their turn (64)"),
        (
            "UNIFY_USER_PARALLELISM",
            "requests of one user that are answered at the same time (half of the cores, at least 2)"
        ),
        ("UNIFY_USER_RATE", "requests of one user in a second; 0 for any number (0)"),
        ("UNIFY_USER_DATABASE_MB", "the size of a user's database at which it takes nothing more; 0 for none (1024)"),
        (
            "UNIFY_DISK_RESERVE_MB",
            "the free disk in MB below which no account is made and nothing more is stored; 0 for none (512)"
        ),
        (
            "UNIFY_REGISTRATION",
            "who can register: open: anyone; invite: people with an invitation (unify user invite); closed: nobody (open)"
        ),
        (
            "UNIFY_TOTAL_DATABASE_MB",
            "the size of all databases together in MB at which no account is made and nothing more is stored; 0 for none (0)"
        ),
        ("UNIFY_REGISTRATION_RATE", "accounts that one network may make in an hour; 0 for any number (60)"),
        (
            "UNIFY_REGISTRATION_RATE_TOTAL",
            "accounts that all networks together may make in an hour; 0 for any number (36000)"
        ),
        ("UNIFY_DELETION_GRACE", "days for which a deleted account can be restored, 0 to 3650 (30)"),
        (
            "UNIFY_ADMIN_SECOND_FACTOR",
            "required: administrators without codes from an app can only set them up; optional (optional)"
        ),
        (
            "UNIFY_SHUTDOWN_TIMEOUT",
            "seconds for which a server that is told to end answers what has begun, 1 to 3600 (30)"
        ),
        ("UNIFY_PUBLIC_URL", "where browsers reach the server, when behind a proxy"),
        (
            "UNIFY_COOKIE_NAME",
            "the name of the session's cookie; installations on one host need different ones (unify_session)"
        ),
        ("UNIFY_OPERATIONS_PORT", "a port of 127.0.0.1 where health and metrics are answered without the token (none)"),
        (
            "UNIFY_TRUSTED_PROXIES",
            "addresses and ranges (192.0.2.0/24) of proxies whose X-Forwarded-For is believed, with commas between"
        ),
        (
            "UNIFY_METRICS_TOKEN",
            "lets others than this machine read health and metrics; at least 12 characters, 6 different ones"
        ),
        (
            "UNIFY_HEALTH_CHECK_PERIOD",
            "how often every user's database is looked at, in seconds or as 30m, 12h, 7d; 0 for never (24h)"
        ),
        ("UNIFY_METRICS_TOKEN_FILE", "a file of mode 0600 that holds it instead"),
        ("UNIFY_LOG_LEVEL", "trace, debug, info, notice, warning, error, critical (info)"),
    ]
    private static let debugNames = ["UNIFY_FAULT_KILL_AT"]

    private let flags: [String: String]
    private let environment: [String: String]
    private let file: String?

    /// - Parameters:
    ///   - flags: settings from the command line, by the names above.
    ///   - environment: the process's environment.
    ///   - file: the path of a file of lines `NAME=value`; it may be missing.
    public init(flags: [String: String] = [:], environment: [String: String], file: String? = ".env") {
        self.flags = flags
        self.environment = environment
        self.file = file
    }

    /// - Parameter descriptorLimit: the process's limit of open files, which bounds the connections.
    /// - Throws: ``TenancyError`` `invalidConfiguration` that lists every unknown `UNIFY_` name and every invalid
    ///   value. Nothing is created then.
    public func read(descriptorLimit: Int) throws -> Settings {
        var known = Set(Self.names.map(\.name))
        #if DEBUG
            known.formUnion(Self.debugNames)
        #endif
        var values = SettingValues(flags: flags, environment: environment, file: file, known: known)
        let directory = Self.folder(values.text("UNIFY_DATA_DIR") ?? "data", &values)
        var settings = Settings(
            mainDatabase: Self.mainDatabase(&values, directory: directory), dataDirectory: directory)
        settings.namesInstallation = ["UNIFY_DATA_DIR", "UNIFY_MAIN_DATABASE_URL", "UNIFY_MAIN_DATABASE_URL_FILE"]
            .contains { values.text($0) != nil }
        settings.chosenMode = values.boolean("MULTI_TENANT_MODE").map { $0 ? .multiTenant : .single }
        settings.isMultiTenant = settings.chosenMode == .multiTenant
        Self.readDatabases(&values, &settings)
        Self.readUsers(&values, &settings)
        Self.readServer(&values, &settings)
        settings.pool = Self.pool(&values, descriptorLimit: descriptorLimit)
        settings.maxClients =
            DescriptorBudget(limit: descriptorLimit).clients(beside: settings.pool.maxConnections) ?? 0
        if settings.maxClients == 0 {
            values.refuse(
                "UNIFY_MAX_CONNECTIONS is too high for \(descriptorLimit) open files: each connection takes 3. "
                    + "Lower it, or raise ulimit -n.")
        }
        settings.serviceLinks = values.serviceLinks
        settings.mainDatabaseURLFile = values.text("UNIFY_MAIN_DATABASE_URL_FILE")
        settings.killAt = values.text("UNIFY_FAULT_KILL_AT")
        try values.throwFaults()
        Self.closeToOthers(directory)
        return settings
    }

    private static func readDatabases(_ values: inout SettingValues, _ settings: inout Settings) {
        settings.defaultEngine =
            values.choice(
                "UNIFY_DEFAULT_ENGINE", of: EngineKind.allCases.map(\.rawValue),
                also: [
                    "postgres": "postgresql", "pg": "postgresql", "psql": "postgresql", "mariadb": "mysql",
                    "mssql": "sqlserver", "sqlite3": "sqlite",
                ], EngineKind.init(rawValue:)) ?? settings.defaultEngine
        settings.databasePrefix =
            values.word(
                "UNIFY_DATABASE_PREFIX",
                expected:
                    "1 to \(MultiTenantDatabaseManager.Options.maxNamePrefix) small letters, digits and _, a letter first"
            ) { MultiTenantDatabaseManager.Options.isNamePrefix($0) ? $0 : nil } ?? settings.databasePrefix
        settings.migrationsFolder = values.text("UNIFY_MIGRATIONS_DIR")
        settings.attachHosts = values.word("UNIFY_ATTACH_HOSTS", Self.attachHosts) ?? []
        settings.postgreSQLMaintenanceDatabase =
            values.word("UNIFY_POSTGRESQL_MAINTENANCE_DATABASE", expected: "the name of a database") {
                ServerName.fault(in: $0) == nil ? $0 : nil
            } ?? settings.postgreSQLMaintenanceDatabase
        settings.warmPoolSize = values.integer("UNIFY_WARM_POOL_SIZE", in: 0...1000) ?? 0
        settings.sqlServerDriver = values.text("UNIFY_SQLSERVER_DRIVER") ?? settings.sqlServerDriver
        settings.masterKey = values.text("UNIFY_MASTER_KEY").map { Secret($0) }
        settings.masterKeyFile = values.text("UNIFY_MASTER_KEY_FILE") ?? settings.masterKeyFile
        if let seconds = values.integer("UNIFY_STATEMENT_TIMEOUT", in: 1...3600, .seconds) {
            settings.statementTimeout = .seconds(seconds)
        }
        settings.durability =
            values.choice("UNIFY_DURABILITY", of: ["full", "normal"]) { ["full", "normal"].contains($0) ? $0 : nil }
            ?? "full"
    }

    private static func readUsers(_ values: inout SettingValues, _ settings: inout Settings) {
        settings.userLimits = Self.userLimits(&values)
        settings.storageLimits = Self.storageLimits(&values)
        settings.registration =
            values.choice(
                "UNIFY_REGISTRATION", of: ["open", "invite", "closed"],
                also: ["true": "open", "false": "closed", "on": "open", "off": "closed"],
                RegistrationPolicy.init(rawValue:)) ?? settings.registration
        settings.registrationLimits = Self.registrationLimits(&values)
        settings.deletionGrace =
            values.integer("UNIFY_DELETION_GRACE", in: 0...3650, .days).map { .seconds($0 * 24 * 3600) }
            ?? settings.deletionGrace
        settings.healthCheckPeriod =
            values.word(
                "UNIFY_HEALTH_CHECK_PERIOD", expected: "seconds, or a number with s, m, h or d; 0 for never",
                Self.healthCheckPeriod)
            ?? settings.healthCheckPeriod
        settings.adminSecondFactor =
            values.choice(
                "UNIFY_ADMIN_SECOND_FACTOR", of: ["required", "optional"], Settings.SecondFactorRule.init(rawValue:))
            ?? .optional
    }

    private static func readServer(_ values: inout SettingValues, _ settings: inout Settings) {
        settings.host = values.text("UNIFY_HOST") ?? settings.host
        settings.port = values.integer("UNIFY_PORT", in: 0...65_535) ?? settings.port
        if let seconds = values.integer("UNIFY_IDLE_TIMEOUT", in: 1...3600, .seconds) {
            settings.clientTimeLimits.nextRequest = .seconds(seconds)
        }
        settings.publicURL = values.word(
            "UNIFY_PUBLIC_URL", expected: "http:// or https:// and a host, with nothing behind it", PublicURL.init)
        settings.cookieName =
            values.word(
                "UNIFY_COOKIE_NAME",
                expected:
                    "1 to \(TokenCookie.maxNameLength) letters, digits, - and _, without __Host- or __Secure- before them, "
                    + "not the name of another cookie of Unify, and without _pending, _link or _undo at its end"
            ) { TokenCookie.isName($0) ? $0 : nil } ?? settings.cookieName
        settings.trustedProxies = values.word("UNIFY_TRUSTED_PROXIES", TrustedProxies.init) ?? settings.trustedProxies
        settings.operationsPort = values.integer("UNIFY_OPERATIONS_PORT", in: 1...65_535)
        settings.metricsToken = Self.metricsToken(&values)
        settings.metricsTokenFile = values.text("UNIFY_METRICS_TOKEN_FILE")
        if let seconds = values.integer("UNIFY_SHUTDOWN_TIMEOUT", in: 1...3600, .seconds) {
            settings.shutdownTimeout = .seconds(seconds)
        }
        let levels = Logger.Level.allCases.map(\.rawValue)
        settings.logLevel =
            values.choice(
                "UNIFY_LOG_LEVEL", of: levels, also: ["warn": "warning", "err": "error", "fatal": "critical"],
                Logger.Level.init(rawValue:)) ?? .info
    }

    private static func metricsToken(_ values: inout SettingValues) -> Secret<String>? {
        guard let token = values.secret("UNIFY_METRICS_TOKEN") else { return nil }
        guard token.count >= 12, Set(token).count >= 6 else {
            values.refuse(
                "UNIFY_METRICS_TOKEN has a bad value. Expected: at least 12 characters, 6 different ones among them.")
            return nil
        }
        return Secret(token)
    }

    /// At most a year.
    private static func healthCheckPeriod(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 24 * 3600]
        let unit = text.last.flatMap { units[$0] }
        guard let count = Int(unit == nil ? text[...] : text.dropLast()), (0...366 * 24 * 3600).contains(count),
            count * (unit ?? 1) <= 366 * 24 * 3600
        else { return nil }
        return .seconds(count * (unit ?? 1))
    }

    private static func attachHosts(_ text: String) -> [AttachHost]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = parts.compactMap { AttachHost($0.trimmingCharacters(in: .whitespaces)) }
        return hosts.count == parts.count ? hosts : nil
    }

    private static func userLimits(_ values: inout SettingValues) -> UserLimits {
        var limits = UserLimits()
        if let count = values.integer("UNIFY_USER_CONCURRENCY", in: 1...100_000) { limits.concurrentRequests = count }
        if let count = values.integer("UNIFY_USER_PARALLELISM", in: 1...100_000) { limits.parallelRequests = count }
        if let rate = values.integer("UNIFY_USER_RATE", in: 0...1_000_000) {
            limits.requestsPerSecond = rate == 0 ? nil : rate
        }
        if let size = values.integer("UNIFY_USER_DATABASE_MB", in: 0...1_000_000_000, .megabytes) {
            limits.maxDatabaseBytes = size == 0 ? nil : Int64(size) * 1024 * 1024
        }
        return limits
    }

    private static func storageLimits(_ values: inout SettingValues) -> StorageLimits {
        var limits = StorageLimits()
        if let size = values.integer("UNIFY_DISK_RESERVE_MB", in: 0...1_000_000_000, .megabytes) {
            limits.diskReserveBytes = Int64(size) * 1024 * 1024
        }
        if let size = values.integer("UNIFY_TOTAL_DATABASE_MB", in: 0...1_000_000_000, .megabytes) {
            limits.maxTotalBytes = size == 0 ? nil : Int64(size) * 1024 * 1024
        }
        return limits
    }

    private static func registrationLimits(_ values: inout SettingValues) -> RegistrationLimits {
        var limits = RegistrationLimits()
        if let count = values.integer("UNIFY_REGISTRATION_RATE", in: 0...1_000_000_000) {
            limits.perNetwork = count == 0 ? nil : count
        }
        if let count = values.integer("UNIFY_REGISTRATION_RATE_TOTAL", in: 0...1_000_000_000) {
            limits.overall = count == 0 ? nil : count
        }
        return limits
    }

    private static func pool(_ values: inout SettingValues, descriptorLimit: Int) -> PoolLimits {
        let standard = PoolLimits()
        return PoolLimits(
            poolSize: values.integer("UNIFY_POOL_SIZE", in: 1...10_000) ?? standard.poolSize,
            maxOverflow: values.integer("UNIFY_POOL_MAX_OVERFLOW", in: 0...10_000) ?? standard.maxOverflow,
            maxConnections: values.integer("UNIFY_MAX_CONNECTIONS", in: 1...1_000_000)
                ?? DescriptorBudget(limit: descriptorLimit).connections,
            waitLimit: .seconds(values.integer("UNIFY_POOL_TIMEOUT", in: 1...3600, .seconds) ?? 10))
    }

    /// Removes others' permissions from a data directory, if it is this user's and has been one before. Any other
    /// folder may be shared on purpose, and the doctor reports it.
    private static func closeToOthers(_ directory: String) {
        guard ["main.db", "users"].contains(where: { FileStatus("\(directory)/\($0)") != nil }),
            let status = FileStatus(directory), status.isOurs, status.mode & 0o077 != 0, status.mode & 0o1000 == 0
        else { return }
        // If that fails, the doctor reports it.
        _ = chmod(directory, 0o700)
    }

    private static func folder(_ path: String, _ values: inout SettingValues) -> String {
        do {
            return try FolderPath.absolute(path)
        } catch {
            values.refuse((error as? TenancyError)?.message ?? "The folder \(path) cannot be read: \(error)")
            return path
        }
    }

    private static func mainDatabase(_ values: inout SettingValues, directory: String) -> DatabaseLocation {
        guard let url = values.secret("UNIFY_MAIN_DATABASE_URL") else { return .file("\(directory)/main.db") }
        guard url.hasPrefix("sqlite:"), case let path = String(url.dropFirst(7)), !path.isEmpty else {
            guard let location = DatabaseLocation(url: url), location.name != nil, location.login != nil else {
                values.refuse(
                    "UNIFY_MAIN_DATABASE_URL must be sqlite:PATH, or ENGINE://LOGIN:PASSWORD@HOST:PORT/NAME with the "
                        + "engine postgresql, mysql or sqlserver, and special characters percent-encoded.")
                return .file("\(directory)/main.db")
            }
            return location
        }
        let parent = (path as NSString).deletingLastPathComponent
        return .file("\(folder(parent.isEmpty ? "." : parent, &values))/\((path as NSString).lastPathComponent)")
    }
}
