internal import Hummingbird
internal import Tenancy

/// The list of all users.
struct UserPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] { [.page(.get, "/admin/console/users", .admin, list)] }

    private struct View {
        let search: String
        let standing: FieldView
        let isFiltered: Bool
        let rows: [Row]
        let isEmpty: Bool
        let emptyText: String
        let pager: PagerView
    }

    private struct Row {
        let id: Int64
        let username: String
        let path: String
        let email: String
        let standing: String
        let isAdmin: Bool
        let since: String
        let engine: String
        let state: String?
        let trouble: String?
    }

    private static let expectedStatus =
        "must be one of \(UserRepository.AccountStatus.allCases.map(\.rawValue).joined(separator: ", "))"

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let text = query.text("q", maxLength: ItemLimits.search)
        let word = query.text("standing", maxLength: 20)
        let standing = word.flatMap(UserRepository.AccountStatus.init)
        if word != nil, standing == nil { query.reject("standing", Self.expectedStatus) }
        let place = ListPlace(&query, path: LocalPath.query(PagePlace.users.path, ["q": text, "standing": word]))
        let after = place.cursor?.id ?? 0
        try query.finish()
        let fetched = try await environment.main.withDatabase(.read) {
            try await UserRepository($0).list(
                after: after, limit: ConsoleEnvironment.pageSize + 1, matching: text, status: standing)
        }
        let page = environment.cut(fetched) { $0.id.rawValue }
        let time = environment.renderer.time(of: scope)
        var rows: [Row] = []
        for user in page.rows {
            let config = try await environment.manager.loadUserDatabaseConfig(user.id)
            rows.append(
                Row(
                    id: user.id.rawValue, username: user.username, path: ConsoleEnvironment.path(of: user.id),
                    email: user.email, standing: user.standing, isAdmin: user.isAdmin,
                    since: time.day(of: user.createdAt).short, engine: config?.engine.label ?? "none",
                    state: config?.state.rawValue, trouble: config?.health.fault?.label))
        }
        let options = UserRepository.AccountStatus.allCases.map { ($0.rawValue, $0.rawValue.replacing("-", with: " ")) }
        let view = View(
            search: text ?? "", standing: .filter("standing", "Status", options, word),
            isFiltered: text != nil || word != nil, rows: rows, isEmpty: rows.isEmpty,
            emptyText: NoResults.text(for: text, of: "users"),
            pager: PagerView(place, count: rows.count, next: page.next))
        return environment.page(.users, view, title: "Users", at: .users, for: scope)
    }
}
