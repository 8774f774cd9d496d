internal import Hummingbird
internal import Tenancy

/// The servers that hold databases.
struct ServerPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/servers", .admin, list)] }

    private struct View {
        let rows: [Row]
        let isEmpty: Bool
        let pager: PagerView
    }

    private struct Row {
        let name: String
        let engine: String
        let address: String
        let login: String
        let tls: String
        let region: String?
        let state: String
        let isReachable: Bool
        let databases: String
        let databasesPath: String
        let open: String
        let maximum: String
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let place = ListPlace(&query, path: PagePlace.servers.path)
        let after = place.cursor?.id ?? 0
        try query.finish()
        let fetched = try await environment.manager.serverOverview(after: after, limit: ConsoleEnvironment.pageSize + 1)
        let page = environment.cut(fetched) { $0.server.id }
        let unavailable = Set(environment.manager.unavailableServers)
        let rows = page.rows.map { server, databases in
            Row(
                name: server.name, engine: server.engine.label,
                address: server.host + (server.port.map { ":\($0)" } ?? ""), login: server.login,
                tls: server.tls.description, region: server.region, state: server.state.rawValue,
                isReachable: !unavailable.contains(server.address), databases: GroupedNumber.text(databases),
                databasesPath: "\(PagePlace.databases.path)?server=\(server.id)",
                open: GroupedNumber.text(environment.manager.openConnections(to: server)),
                maximum: GroupedNumber.text(server.maxConnections))
        }
        let view = View(
            rows: rows, isEmpty: rows.isEmpty,
            pager: PagerView(place, count: rows.count, next: page.next))
        return environment.page(.servers, view, title: "Servers", at: .servers, for: scope)
    }
}
