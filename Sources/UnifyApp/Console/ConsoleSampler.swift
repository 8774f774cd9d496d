internal import Logging
internal import ServiceLifecycle
internal import Tenancy

/// Samples what the console shows over time.
struct ConsoleSampler: Service {
    /// How often the sizes of open databases are recorded. A database that is not open does not change.
    static let sizeInterval: Duration = .seconds(600)
    /// Sizes that are written in one transaction.
    static let batch = 200

    let manager: MultiTenantDatabaseManager
    let metrics: PrometheusMetrics
    let traffic: TrafficHistory
    let sizes: FleetSizes
    let time: any TimeSource
    let logger: Logger

    func run() async throws {
        sampleTraffic()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await time.repeatedly(after: TrafficHistory.interval) { sampleTraffic() } }
            tasks.addTask {
                await time.repeatedly(after: TrafficHistory.interval) { await noting { try await measureFleet() } }
            }
            tasks.addTask {
                await time.repeatedly(after: Self.sizeInterval) { await noting { try await recordSizes() } }
            }
        }
    }

    private func noting(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            logger.warning("the console's figures could not be measured", metadata: ["error": "\(error)"])
        }
    }

    private func sampleTraffic() {
        let counters = metrics.counters(named: RouteRecorder.requestCounter)
        let failed = counters.filter { $0.labels.contains(#"status="5"#) }
        let pools = manager.poolReport.now
        traffic.add(
            requests: counters.reduce(0) { $0 + $1.value }, errors: failed.reduce(0) { $0 + $1.value },
            open: pools.open, now: time.monotonicNow)
    }

    private func measureFleet() async throws {
        let started = time.monotonicNow
        guard sizes.isDue(now: started) else { return }
        let (databases, sizeBytes) = try await manager.totalStatistics()
        let main = manager.main
        // A server may not report its size; the others' sizes are still useful.
        let mainBytes = (try? await main.engine.sizeBytes(of: main.location)) ?? 0
        let now = time.monotonicNow
        sizes.set(
            FleetSizes.Total(
                databases: databases, sizeBytes: sizeBytes, mainBytes: mainBytes, measuredAt: time.wallNow),
            took: now - started, now: now)
    }

    private func recordSizes() async throws {
        var last: Int64 = 0
        while true {
            let users = manager.pooledUsers(after: last, limit: Self.batch).map(\.userID)
            guard let newest = users.last else { return }
            last = newest.rawValue
            var configs: [UserDatabaseConfig] = []
            for userID in users {
                if let config = try await manager.loadUserDatabaseConfig(userID) { configs.append(config) }
            }
            let statistics = await manager.statistics(of: configs)
            let day = LocalDay(shifted: time.wallNow).midnight
            try await manager.main.transaction { database in
                for one in statistics {
                    guard let sizeBytes = one.sizeBytes else { continue }
                    try await DatabaseSizeRepository(database).record(sizeBytes, of: one.config.userID, day: day)
                }
            }
        }
    }
}
