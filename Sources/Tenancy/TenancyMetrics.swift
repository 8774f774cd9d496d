internal import Metrics

/// The library's metrics, recorded with swift-metrics. No label ever contains a user.
struct TenancyMetrics: Sendable {
    private let openConnections = Gauge(label: "unify_pool_open_connections")
    private let idleConnections = Gauge(label: "unify_pool_idle_connections")
    private let waitingLeases = Gauge(label: "unify_pool_waiting_leases")

    func pool(_ counts: PoolDirectory.Machine.Counts) {
        openConnections.record(counts.open)
        idleConnections.record(counts.idle)
        waitingLeases.record(counts.waiting)
    }

    func health(_ summary: MultiTenantDatabaseManager.HealthSummary) {
        for fault in DatabaseFault.allCases {
            Gauge(label: "unify_databases_unhealthy", dimensions: [("reason", fault.rawValue)])
                .record(summary.unhealthyDatabases[fault, default: 0])
        }
        Gauge(label: "unify_servers_unreachable").record(summary.unreachableServers.count)
        Gauge(label: "unify_servers_unusable").record(summary.unusableServers.count)
    }

    func provisioned(_ engine: EngineKind, in duration: Duration) {
        Counter(label: "unify_provisioning_total", dimensions: [("engine", engine.rawValue), ("outcome", "done")])
            .increment()
        Timer(label: "unify_provisioning_duration_seconds", dimensions: [("engine", engine.rawValue)])
            .recordNanoseconds(Int64(duration / .nanoseconds(1)))
    }

    func provisioningFailed(_ engine: EngineKind) {
        Counter(label: "unify_provisioning_total", dimensions: [("engine", engine.rawValue), ("outcome", "failed")])
            .increment()
    }

    func engineError(_ error: TenancyError, engine: EngineKind) {
        Counter(
            label: "unify_engine_errors_total",
            dimensions: [("engine", engine.rawValue), ("code", error.code.rawValue)]
        ).increment()
    }
}
