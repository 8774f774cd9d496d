internal import Hummingbird
internal import Tenancy

/// The list of all databases.
struct DatabasePages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/databases", .admin, list)] }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let search = DatabaseSearch(&query)
        let place = ListPlace(&query, path: search.path)
        let after = place.cursor?.id ?? 0
        try query.finish()
        let manager = environment.manager
        let (fetched, versions) = try await environment.main.withDatabase(.read) { database in
            let fleet = FleetRepository(database)
            let entries = try await fleet.list(search.filter, after: after, limit: ConsoleEnvironment.pageSize + 1)
            return (entries, try await fleet.schemaVersions().keys.sorted())
        }
        let page = environment.cut(fetched) { $0.config.userID.rawValue }
        let rows = zip(page.rows, await manager.statistics(of: page.rows.map(\.config))).map(DatabasesView.Row.init)
        let servers = try await manager.serverOverview(after: 0, limit: 200).map(\.server)
        let unhealthy = try await manager.healthSummary().unhealthyCount
        let view = DatabasesView(
            search: search, rows: rows, servers: servers, versions: versions, unhealthy: unhealthy,
            pager: PagerView(place, count: rows.count, next: page.next))
        return environment.page(.databases, view, title: "Databases", at: .databases, for: scope)
    }
}
