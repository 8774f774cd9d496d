internal import Tenancy

extension JSONWriter {
    /// A config as an administrator sees it: never with its password, sealed or not.
    mutating func configMembers(_ statistics: MultiTenantDatabaseManager.DatabaseStatistics) {
        let config = statistics.config
        member("user_id", config.userID.rawValue)
        member("engine", config.engine.rawValue)
        member("host", config.host)
        member("port", config.port.map(Int64.init))
        member("name", config.displayName)
        member("login", config.login)
        member("path", config.path)
        member("state", config.state.rawValue)
        member("server", statistics.serverName)
        member("schema_version", config.schemaVersion)
        member("epoch", config.epoch)
        member("size_bytes", statistics.sizeBytes)
        member("created_at", config.createdAt)
        health(of: config)
    }

    /// Whether the database can be used; the other members are null for a healthy one, and all are for a user without one.
    mutating func health(of config: UserDatabaseConfig?) {
        member("health", config.map { $0.health.isHealthy ? "healthy" : "unhealthy" })
        member("health_reason", config?.health.fault?.rawValue)
        member("health_since", config?.health.fault == nil ? nil : config?.health.date)
    }

    /// Where an administrator has put the user's data, as the user sees it; null for the default place.
    mutating func attachment(_ config: UserDatabaseConfig?) {
        guard let config, config.isAttached else { return null("attached") }
        name("attached")
        object {
            $0.member("host", config.host)
            $0.member("since", config.createdAt)
        }
    }

    mutating func pool(_ report: MultiTenantDatabaseManager.PoolReport) {
        member("max_connections", report.limits.maxConnections)
        member("pool_size", report.limits.poolSize)
        member("max_overflow", report.limits.maxOverflow)
        member("pools", report.pools)
        member("open", report.now.open)
        member("idle", report.now.idle)
        member("leased", report.now.leased)
        member("waiting", report.now.waiting)
        member("leases", report.leases)
        member("waits", report.waits)
        member("opened", report.opened)
        member("evicted", report.evicted)
        member("timeouts", report.timeouts)
        member("refusals", report.refusals)
    }
}
