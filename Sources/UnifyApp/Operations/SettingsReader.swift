internal import Configuration
internal import Foundation
internal import Logging
internal import SystemPackage
internal import Tenancy

/// Reads settings: flags win over the environment, the environment over the file `.env` in the working directory.
public struct SettingsReader: Sendable {
    /// Every name that is understood, and what it means; `unify serve --help` prints it.
    public static let names: [(name: String, meaning: String)] = [
        ("MULTI_TENANT_MODE", "true: a database for each user; false: one shared database (false)"),
        (
            "UNIFY_MAIN_DATABASE_URL",
            "sqlite:PATH or ENGINE://LOGIN:PASSWORD@HOST:PORT/NAME?tls=MODE (sqlite:<data dir>/main.db)"
        ),
        ("UNIFY_MAIN_DATABASE_URL_FILE", "a file of mode 0600 that holds it instead"),
        ("UNIFY_DATA_DIR", "the folder of the databases and the key file (data)"),
        ("UNIFY_DEFAULT_ENGINE", "the engine of new user databases: sqlite, postgresql, mysql, sqlserver (sqlite)"),
        ("UNIFY_DATABASE_PREFIX", "what names of databases and logins on servers begin with (user_)"),
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
            "open: anyone makes an account; invite: whoever unify user invite has invited; closed: nobody (open)"
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

    /// - Parameter descriptorLimit: how many files the process may have open; bounds the connections.
    /// - Throws: ``TenancyError`` `invalidConfiguration` for an unknown `UNIFY_` name or a bad value.
    public func read(descriptorLimit: Int) async throws -> Settings {
        try refuseUnknownNames()
        var values = Values(config: ConfigReader(providers: try await providers()))
        let directory = try Self.realDirectory(values.text("UNIFY_DATA_DIR") ?? "data")
        Self.closeToOthers(directory)
        var settings = Settings(
            mainDatabase: try Self.mainDatabase(try mainDatabaseURL(&values), directory: directory),
            dataDirectory: directory)
        settings.isMultiTenant = values.boolean("MULTI_TENANT_MODE") ?? settings.isMultiTenant
        settings.defaultEngine = values.word("UNIFY_DEFAULT_ENGINE", EngineKind.init) ?? settings.defaultEngine
        settings.databasePrefix =
            values.word("UNIFY_DATABASE_PREFIX") {
                MultiTenantDatabaseManager.Options.isNamePrefix($0) ? $0 : nil
            } ?? settings.databasePrefix
        settings.attachHosts = values.word("UNIFY_ATTACH_HOSTS", Self.attachHosts) ?? []
        settings.postgreSQLMaintenanceDatabase =
            values.word("UNIFY_POSTGRESQL_MAINTENANCE_DATABASE") { ServerName.fault(in: $0) == nil ? $0 : nil }
            ?? settings.postgreSQLMaintenanceDatabase
        settings.warmPoolSize = values.integer("UNIFY_WARM_POOL_SIZE", in: 0...1000) ?? 0
        settings.userLimits = Self.userLimits(&values)
        settings.storageLimits = Self.storageLimits(&values)
        settings.registration =
            values.word("UNIFY_REGISTRATION", RegistrationPolicy.init(rawValue:)) ?? settings.registration
        settings.registrationLimits = Self.registrationLimits(&values)
        settings.deletionGrace =
            values.integer("UNIFY_DELETION_GRACE", in: 0...3650).map { .seconds($0 * 24 * 3600) }
            ?? settings.deletionGrace
        settings.healthCheckPeriod =
            values.word("UNIFY_HEALTH_CHECK_PERIOD", Self.healthCheckPeriod) ?? settings.healthCheckPeriod
        settings.sqlServerDriver = values.text("UNIFY_SQLSERVER_DRIVER") ?? settings.sqlServerDriver
        settings.masterKey = values.text("UNIFY_MASTER_KEY").map { Secret($0) }
        settings.masterKeyFile = values.text("UNIFY_MASTER_KEY_FILE") ?? settings.masterKeyFile
        settings.host = values.text("UNIFY_HOST") ?? settings.host
        settings.port = values.integer("UNIFY_PORT", in: 0...65_535) ?? settings.port
        settings.pool = Self.pool(&values, descriptorLimit: descriptorLimit)
        settings.maxClients =
            DescriptorBudget(limit: descriptorLimit).clients(beside: settings.pool.maxConnections) ?? 0
        if settings.maxClients == 0 {
            values.refuse(
                "UNIFY_MAX_CONNECTIONS is too high for \(descriptorLimit) open files: each connection takes 3. "
                    + "Lower it, or raise ulimit -n.")
        }
        if let seconds = values.integer("UNIFY_STATEMENT_TIMEOUT", in: 1...3600) {
            settings.statementTimeout = .seconds(seconds)
        }
        settings.durability = values.word("UNIFY_DURABILITY") { ["full", "normal"].contains($0) ? $0 : nil } ?? "full"
        settings.adminSecondFactor =
            values.word("UNIFY_ADMIN_SECOND_FACTOR", Settings.SecondFactorRule.init) ?? .optional
        settings.publicURL = values.word("UNIFY_PUBLIC_URL", PublicURL.init)
        settings.trustedProxies = values.word("UNIFY_TRUSTED_PROXIES", TrustedProxies.init) ?? settings.trustedProxies
        settings.operationsPort = values.integer("UNIFY_OPERATIONS_PORT", in: 1...65_535)
        settings.metricsToken = values.word("UNIFY_METRICS_TOKEN") {
            $0.count >= 12 && Set($0).count >= 6 ? Secret($0) : nil
        }
        settings.mainDatabaseURLFile = values.text("UNIFY_MAIN_DATABASE_URL_FILE")
        if let seconds = values.integer("UNIFY_SHUTDOWN_TIMEOUT", in: 1...3600) {
            settings.shutdownTimeout = .seconds(seconds)
        }
        settings.logLevel = values.word("UNIFY_LOG_LEVEL") { Logger.Level(rawValue: $0.lowercased()) } ?? .info
        settings.killAt = values.text("UNIFY_FAULT_KILL_AT")
        if let fault = values.faults.first { throw TenancyError(.invalidConfiguration, fault) }
        return settings
    }

    private static func attachHosts(_ text: String) -> [AttachHost]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let hosts = parts.compactMap { AttachHost($0.trimmingCharacters(in: .whitespaces)) }
        return hosts.count == parts.count ? hosts : nil
    }

    private static func userLimits(_ values: inout Values) -> UserLimits {
        var limits = UserLimits()
        if let count = values.integer("UNIFY_USER_CONCURRENCY", in: 1...100_000) { limits.concurrentRequests = count }
        if let count = values.integer("UNIFY_USER_PARALLELISM", in: 1...100_000) { limits.parallelRequests = count }
        if let rate = values.integer("UNIFY_USER_RATE", in: 0...1_000_000) {
            limits.requestsPerSecond = rate == 0 ? nil : rate
        }
        if let size = values.integer("UNIFY_USER_DATABASE_MB", in: 0...1_000_000_000) {
            limits.maxDatabaseBytes = size == 0 ? nil : Int64(size) * 1024 * 1024
        }
        return limits
    }

    private static func storageLimits(_ values: inout Values) -> StorageLimits {
        var limits = StorageLimits()
        if let size = values.integer("UNIFY_DISK_RESERVE_MB", in: 0...1_000_000_000) {
            limits.diskReserveBytes = Int64(size) * 1024 * 1024
        }
        if let size = values.integer("UNIFY_TOTAL_DATABASE_MB", in: 0...1_000_000_000) {
            limits.maxTotalBytes = size == 0 ? nil : Int64(size) * 1024 * 1024
        }
        return limits
    }

    private static func registrationLimits(_ values: inout Values) -> RegistrationLimits {
        var limits = RegistrationLimits()
        if let count = values.integer("UNIFY_REGISTRATION_RATE", in: 0...1_000_000_000) {
            limits.perNetwork = count == 0 ? nil : count
        }
        if let count = values.integer("UNIFY_REGISTRATION_RATE_TOTAL", in: 0...1_000_000_000) {
            limits.overall = count == 0 ? nil : count
        }
        return limits
    }

    private static func pool(_ values: inout Values, descriptorLimit: Int) -> PoolLimits {
        let standard = PoolLimits()
        return PoolLimits(
            poolSize: values.integer("UNIFY_POOL_SIZE", in: 1...10_000) ?? standard.poolSize,
            maxOverflow: values.integer("UNIFY_POOL_MAX_OVERFLOW", in: 0...10_000) ?? standard.maxOverflow,
            maxConnections: values.integer("UNIFY_MAX_CONNECTIONS", in: 1...1_000_000)
                ?? DescriptorBudget(limit: descriptorLimit).connections,
            waitLimit: .seconds(values.integer("UNIFY_POOL_TIMEOUT", in: 1...3600) ?? 10))
    }

    private func mainDatabaseURL(_ values: inout Values) throws -> String? {
        let given = values.text("UNIFY_MAIN_DATABASE_URL")
        guard let path = values.text("UNIFY_MAIN_DATABASE_URL_FILE") else { return given }
        guard given == nil else {
            throw TenancyError(
                .invalidConfiguration, "Set UNIFY_MAIN_DATABASE_URL or UNIFY_MAIN_DATABASE_URL_FILE, not both.")
        }
        return try SettingsFile(path: path).secret(for: "UNIFY_MAIN_DATABASE_URL_FILE")
    }

    private func providers() async throws -> [any ConfigProvider] {
        var providers: [any ConfigProvider] = [
            EnvironmentVariablesProvider(environmentVariables: flags),
            EnvironmentVariablesProvider(environmentVariables: environment.filter { !$0.value.isEmpty }),
        ]
        if let file {
            try SettingsFile(path: file).refuseStrangers()
            providers.append(
                try await EnvironmentVariablesProvider(environmentFilePath: FilePath(file), allowMissing: true))
        }
        return providers
    }

    private func refuseUnknownNames() throws {
        var known = Set(Self.names.map(\.name))
        #if DEBUG
            known.formUnion(Self.debugNames)
        #endif
        let given = Set(environment.keys).union(flags.keys).union(namesInFile())
        guard let unknown = given.filter({ $0.hasPrefix("UNIFY_") && !known.contains($0) }).min() else { return }
        throw TenancyError(
            .invalidConfiguration,
            "The setting \(unknown) is not known. The known ones: \(Self.names.map(\.name).joined(separator: ", ")).")
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

    private func namesInFile() -> [String] {
        // A file that is missing has no names; one that cannot be read is refused by its provider.
        guard let file, let text = try? String(contentsOfFile: file, encoding: .utf8) else { return [] }
        return text.split(whereSeparator: \.isNewline).compactMap { line in
            line.split(separator: "=").first.map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// Takes a data directory that was made with wider rights from others, where it is this user's and has been one before:
    /// any other folder may be shared on purpose, and is the doctor's to report.
    private static func closeToOthers(_ directory: String) {
        guard ["main.db", "users"].contains(where: { FileStatus("\(directory)/\($0)") != nil }),
            let status = FileStatus(directory), status.isOurs, status.mode & 0o077 != 0, status.mode & 0o1000 == 0
        else { return }
        // Where that fails, the doctor reports it.
        _ = chmod(directory, 0o700)
    }

    /// The folder's absolute path without symbolic links; made where it is missing, for its owner alone.
    private static func realDirectory(_ path: String) throws -> String {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw TenancyError(.invalidConfiguration, "The data directory \(path) cannot be made.", cause: error)
        }
        guard let real = realpath(path, nil) else {
            throw TenancyError(.invalidConfiguration, "The data directory \(path) cannot be read.")
        }
        defer { free(real) }
        return String(cString: real)
    }

    private static func mainDatabase(_ url: String?, directory: String) throws -> DatabaseLocation {
        guard let url else { return .file("\(directory)/main.db") }
        guard url.hasPrefix("sqlite:"), case let path = String(url.dropFirst(7)), !path.isEmpty else {
            guard let location = DatabaseLocation(url: url), location.name != nil, location.login != nil else {
                throw TenancyError(
                    .invalidConfiguration,
                    "UNIFY_MAIN_DATABASE_URL must be sqlite:PATH, or ENGINE://LOGIN:PASSWORD@HOST:PORT/NAME with the "
                        + "engine postgresql, mysql or sqlserver, and special characters percent-encoded.")
            }
            return location
        }
        let folder = try realDirectory(
            (path as NSString).deletingLastPathComponent.isEmpty
                ? "." : (path as NSString).deletingLastPathComponent)
        return .file("\(folder)/\((path as NSString).lastPathComponent)")
    }
}

/// Looks settings up and collects what is wrong with them. A message never repeats a value, which may be a secret.
private struct Values {
    let config: ConfigReader
    var faults: [String] = []

    func text(_ name: String) -> String? {
        let key = ConfigKey(name.lowercased().split(separator: "_").map(String.init))
        return config.string(forKey: key).flatMap { $0.isEmpty ? nil : $0 }
    }

    mutating func word<Value>(_ name: String, _ read: (String) -> Value?) -> Value? {
        guard let text = text(name) else { return nil }
        let value = read(text)
        if value == nil {
            let meaning = SettingsReader.names.first { $0.name == name }?.meaning ?? ""
            refuse("The setting \(name) has a bad value. It is: \(meaning).")
        }
        return value
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        word(name) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    mutating func boolean(_ name: String) -> Bool? {
        word(name) { ["true": true, "1": true, "yes": true, "false": false, "0": false, "no": false][$0.lowercased()] }
    }

    mutating func refuse(_ fault: String) { faults.append(fault) }
}
