internal import Logging
internal import Tenancy

extension Settings {
    /// The value of each setting by its name in ``SettingsReader/names``, for operators; secrets only appear as set
    /// or not set.
    var inForce: [String: String] {
        [
            "MULTI_TENANT_MODE": "\(isMultiTenant)", "UNIFY_MAIN_DATABASE_URL": Self.address(of: mainDatabase),
            "UNIFY_MAIN_DATABASE_URL_FILE": mainDatabaseURLFile ?? "",
            "UNIFY_DATA_DIR": dataDirectory, "UNIFY_DEFAULT_ENGINE": defaultEngine.rawValue,
            "UNIFY_DATABASE_PREFIX": databasePrefix, "UNIFY_WARM_POOL_SIZE": "\(warmPoolSize)",
            "UNIFY_MIGRATIONS_DIR": migrationsFolder ?? "",
            "UNIFY_ATTACH_HOSTS": attachHosts.map(\.description).joined(separator: ","),
            "UNIFY_POSTGRESQL_MAINTENANCE_DATABASE": postgreSQLMaintenanceDatabase,
            "UNIFY_SQLSERVER_DRIVER": sqlServerDriver, "UNIFY_MASTER_KEY": Self.told(masterKey),
            "UNIFY_MASTER_KEY_FILE": masterKeyFile, "UNIFY_HOST": host, "UNIFY_PORT": "\(port)",
            "UNIFY_IDLE_TIMEOUT": "\(clientTimeLimits.nextRequest.components.seconds)",
            "UNIFY_POOL_SIZE": "\(pool.poolSize)", "UNIFY_POOL_MAX_OVERFLOW": "\(pool.maxOverflow)",
            "UNIFY_MAX_CONNECTIONS": "\(pool.maxConnections)",
            "UNIFY_POOL_TIMEOUT": "\(pool.waitLimit.components.seconds)",
            "UNIFY_STATEMENT_TIMEOUT": "\(statementTimeout.components.seconds)", "UNIFY_DURABILITY": durability,
            "UNIFY_USER_CONCURRENCY": "\(userLimits.concurrentRequests)",
            "UNIFY_USER_PARALLELISM": "\(userLimits.parallelRequests)",
            "UNIFY_USER_RATE": "\(userLimits.requestsPerSecond ?? 0)",
            "UNIFY_USER_DATABASE_MB": "\((userLimits.maxDatabaseBytes ?? 0) / (1024 * 1024))",
            "UNIFY_DISK_RESERVE_MB": "\(storageLimits.diskReserveBytes / (1024 * 1024))",
            "UNIFY_TOTAL_DATABASE_MB": "\((storageLimits.maxTotalBytes ?? 0) / (1024 * 1024))",
            "UNIFY_REGISTRATION": registration.rawValue,
            "UNIFY_REGISTRATION_RATE": "\(registrationLimits.perNetwork ?? 0)",
            "UNIFY_REGISTRATION_RATE_TOTAL": "\(registrationLimits.overall ?? 0)",
            "UNIFY_DELETION_GRACE": "\(deletionGrace.components.seconds / 86_400)",
            "UNIFY_ADMIN_SECOND_FACTOR": adminSecondFactor.rawValue,
            "UNIFY_SHUTDOWN_TIMEOUT": "\(shutdownTimeout.components.seconds)",
            "UNIFY_COOKIE_NAME": cookieName, "UNIFY_METRICS_TOKEN_FILE": metricsTokenFile ?? "",
            "UNIFY_PUBLIC_URL": publicURL?.origin ?? "",
            "UNIFY_OPERATIONS_PORT": operationsPort.map(String.init) ?? "",
            "UNIFY_TRUSTED_PROXIES": trustedProxies.description, "UNIFY_METRICS_TOKEN": Self.told(metricsToken),
            "UNIFY_HEALTH_CHECK_PERIOD": "\(healthCheckPeriod.components.seconds)",
            "UNIFY_LOG_LEVEL": logLevel.rawValue,
        ]
    }

    private static func told(_ secret: Secret<String>?) -> String { secret == nil ? "" : "<redacted>" }

    private static func address(of location: DatabaseLocation) -> String {
        if let path = location.path { return "sqlite:\(path)" }
        return "\(location.engine.rawValue)://<redacted>@\(location.host ?? "")\(location.port.map { ":\($0)" } ?? "")"
            + "/\(location.name ?? "")"
    }
}
