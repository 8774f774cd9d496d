internal import Hummingbird
internal import Tenancy

/// The pools, and the budget that they share.
struct PoolPages: Sendable {
    let desk: ConsoleDesk

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/pools", .admin, list)] }

    private struct View {
        let streamPath: String?
        /// HTML.
        let table: String
        let pager: PagerView
    }

    /// What the part `pool-table` shows.
    private struct Table {
        let open: Int
        let maximum: Int
        let nearly: Int
        let facts: [Fact]
        let rows: [Row]
        let isEmpty: Bool
    }

    private struct Row {
        let user: String
        let path: String
        let open: Int
        let idle: Int
        let leased: Int
        let waiting: Int
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let after = query.cursor()?.id ?? 0
        try query.finish()
        let (html, next) = try await table(after: after)
        let view = View(
            streamPath: after == 0 ? "/admin/console/live/pools" : nil, table: html,
            pager: PagerView(PagePlace.pools.path, next: next, isFirst: after == 0))
        return desk.page(.pools, view, title: "Pools", at: .pools, for: scope)
    }

    /// The table as HTML.
    func table(after: Int64) async throws -> (html: String, next: Cursor?) {
        let report = desk.manager.poolReport
        let fetched = desk.manager.pooledUsers(after: after, limit: ConsoleDesk.pageSize + 1)
        let page = desk.cut(fetched) { $0.userID.rawValue }
        let names = try await desk.names(of: page.rows.map(\.userID))
        let facts: [(String, Int)] = [
            ("Pools", report.pools), ("Open", report.now.open), ("Idle", report.now.idle),
            ("Leased", report.now.leased), ("Waiting", report.now.waiting), ("Leases since the start", report.leases),
            ("Waits", report.waits), ("Opened", report.opened), ("Evicted", report.evicted),
            ("Timeouts", report.timeouts), ("Refusals", report.refusals),
            ("Kept idle for each user", report.limits.poolSize), ("Beyond that", report.limits.maxOverflow),
        ]
        let table = Table(
            open: report.now.open, maximum: report.limits.maxConnections,
            nearly: report.limits.maxConnections * 9 / 10,
            facts: facts.map { Fact(name: $0, value: GroupedNumber.text($1)) },
            rows: page.rows.map { userID, pool in
                Row(
                    user: names[userID], path: ConsoleDesk.path(of: userID), open: pool.open,
                    idle: pool.idle, leased: pool.leased, waiting: pool.waiting)
            }, isEmpty: page.rows.isEmpty)
        return (desk.renderer.fragment(.poolTable, table), page.next)
    }
}
