internal import Tenancy

/// The view of the template `overview-figures`.
struct OverviewView {
    struct Figure {
        let name: String
        let value: String
        let detail: String
        var chart: LineChart?
        var isBad = false
        var path: String?
    }

    struct EngineRow {
        let engine: String
        let state: String
        let count: String
        let path: String
    }

    struct VersionRow {
        let version: Int
        let count: String
        let path: String
    }

    struct Failure {
        let date: String
        let route: String
        let status: Int
        let code: String
        let user: String
        /// Nil for a removed user.
        let path: String?
    }

    /// Samples that fill the width of a chart at least, so that the first ones are no mountains.
    private static let minSpan = 24

    let figures: [Figure]
    let engines: [EngineRow]
    let versions: [VersionRow]
    let attention: AttentionView
    let failures: [Failure]
    let hasFailures: Bool
    let now: String

    init(
        _ counts: FleetRepository.Counts, total: FleetSizes.Total?, samples: [TrafficHistory.Sample],
        pools: MultiTenantDatabaseManager.PoolReport, freeBytes: Int64?, attention: AttentionView,
        errors: [RecentErrors.Entry], names: UserNames, time: PageTime
    ) {
        let last = samples.last
        let unavailableServers = attention.unreachableServers
        func chart(_ label: String, isBad: Bool = false, _ value: (TrafficHistory.Sample) -> Double) -> LineChart? {
            samples.isEmpty
                ? nil
                : LineChart(samples.map(value), label: label, span: max(samples.count, Self.minSpan), isBad: isBad)
        }
        let databases = counts.databases.reduce(0) { $0 + $1.count }
        let errorRate = last?.errorsPerMinute ?? 0
        figures = [
            Figure(
                name: "Users", value: GroupedNumber.text(counts.users),
                detail: "\(GroupedNumber.text(counts.administrators)) with administrator rights, "
                    + "\(GroupedNumber.text(counts.suspendedUsers)) suspended, \(GroupedNumber.text(counts.deletedUsers)) deleted",
                path: PagePlace.users.path),
            Figure(
                name: "Databases", value: GroupedNumber.text(databases),
                detail: total.map { "\(ByteCount.text($0.sizeBytes)) in all, at \(time.clock($0.measuredAt))" }
                    ?? "Their size is being measured", path: PagePlace.databases.path),
            Figure(
                name: "Requests a minute", value: Self.text(last?.requestsPerMinute),
                detail: "Right now; the chart shows the last ten minutes",
                chart: chart("Requests a minute") { $0.requestsPerMinute }),
            Figure(
                name: "Errors a minute", value: Self.text(last?.errorsPerMinute), detail: "Answers of 500 and above",
                chart: chart("Errors a minute", isBad: samples.contains { $0.errorsPerMinute > 0 }) {
                    $0.errorsPerMinute
                }, isBad: errorRate > 0),
            Figure(
                name: "Connections open", value: GroupedNumber.text(pools.now.open),
                detail:
                    "\(GroupedNumber.text(pools.now.leased)) in use, \(GroupedNumber.text(pools.now.waiting)) waiting, at most "
                    + GroupedNumber.text(pools.limits.maxConnections),
                chart: chart("Connections open") { Double($0.openConnections) }, isBad: pools.now.waiting > 0,
                path: PagePlace.pools.path),
            Figure(
                name: "Jobs running", value: GroupedNumber.text(counts.runningJobs),
                detail: "\(GroupedNumber.text(counts.failedJobs)) failed", isBad: counts.failedJobs > 0,
                path: PagePlace.jobs.path),
            Figure(
                name: "Servers", value: GroupedNumber.text(counts.servers),
                detail: unavailableServers.isEmpty
                    ? (counts.servers == 0 ? "Databases are files on this machine" : "All answer")
                    : "\(GroupedNumber.text(unavailableServers.count)) not answering",
                isBad: !unavailableServers.isEmpty, path: PagePlace.servers.path),
            Figure(
                name: "Free disk space", value: freeBytes.map(ByteCount.text) ?? "not known",
                detail: "On the disk of the data directory",
                isBad: freeBytes.map { $0 < 20 * Readiness.minimumFreeBytes } ?? false),
        ]
        engines = counts.databases.map {
            EngineRow(
                engine: $0.engine.label, state: $0.state.rawValue, count: GroupedNumber.text($0.count),
                path: "\(PagePlace.databases.path)?engine=\($0.engine.rawValue)&state=\($0.state.rawValue)")
        }
        versions = counts.schemaVersions.sorted { $0.key < $1.key }.map {
            VersionRow(
                version: $0.key, count: GroupedNumber.text($0.value),
                path: "\(PagePlace.databases.path)?version=\($0.key)")
        }
        self.attention = attention
        failures = errors.map {
            Failure(
                date: time.dateAndClock($0.date), route: $0.route, status: $0.status, code: $0.code,
                user: names[$0.userID],
                path: names.path(of: $0.userID))
        }
        hasFailures = !failures.isEmpty
        now = time.clock(time.now)
    }

    private static func text(_ value: Double?) -> String { value.map { GroupedNumber.text(Int($0.rounded())) } ?? "–" }
}
