internal import Hummingbird
internal import Tenancy

/// The pools, and the budget that they share.
struct PoolPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/pools", .admin, list)] }

    private struct View {
        let streamPath: String?
        /// HTML.
        let table: String
        let pager: PagerView
    }

    /// The view of the part `pool-table`.
    private struct Table {
        let open: Int
        let maximum: Int
        /// As `12 of 5,000 connections are open.`
        let text: String
        let nearly: Int
        let facts: [LabelledValue]
        let rows: [Row]
        let isEmpty: Bool
    }

    private struct Row {
        let user: String
        let path: String
        let open: String
        let idle: String
        let leased: String
        let waiting: String
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let place = ListPlace(&query, path: PagePlace.pools.path)
        try query.finish()
        let (html, count, next) = try await table(after: place.cursor?.id ?? 0)
        let view = View(
            streamPath: place.isFirst ? "/admin/console/live/pools" : nil, table: html,
            pager: PagerView(place, count: count, next: next))
        return environment.page(.pools, view, title: "Pools", at: .pools, for: scope)
    }

    /// The table as HTML.
    func table(after: Int64) async throws -> (html: String, count: Int, next: Cursor?) {
        let report = environment.manager.poolReport
        let fetched = environment.manager.pooledUsers(after: after, limit: ConsoleEnvironment.pageSize + 1)
        let page = environment.cut(fetched) { $0.userID.rawValue }
        let names = try await environment.names(of: page.rows.map(\.userID))
        let facts: [(String, Int)] = [
            ("Pools", report.pools), ("Open", report.now.open), ("Idle", report.now.idle),
            ("Leased", report.now.leased), ("Waiting", report.now.waiting), ("Leases since the start", report.leases),
            ("Waits", report.waits), ("Opened", report.opened), ("Evicted", report.evicted),
            ("Timeouts", report.timeouts), ("Refusals", report.refusals),
            ("Kept idle for each user", report.limits.poolSize), ("Beyond that", report.limits.maxOverflow),
        ]
        let table = Table(
            open: report.now.open, maximum: report.limits.maxConnections,
            text:
                "\(GroupedNumber.text(report.now.open)) of \(GroupedNumber.text(report.limits.maxConnections)) connections are open.",
            nearly: report.limits.maxConnections * 9 / 10,
            facts: facts.map { LabelledValue(name: $0, value: GroupedNumber.text($1)) },
            rows: page.rows.map { userID, pool in
                Row(
                    user: names[userID], path: ConsoleEnvironment.path(of: userID), open: GroupedNumber.text(pool.open),
                    idle: GroupedNumber.text(pool.idle), leased: GroupedNumber.text(pool.leased),
                    waiting: GroupedNumber.text(pool.waiting))
            }, isEmpty: page.rows.isEmpty)
        return (environment.renderer.fragment(.poolTable, table), page.rows.count, page.next)
    }
}
