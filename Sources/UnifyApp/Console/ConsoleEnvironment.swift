internal import Hummingbird
internal import Logging
internal import Tenancy

/// What all pages of the console share.
struct ConsoleEnvironment: Sendable {
    static let pageSize = 50

    let renderer: PageRenderer
    let manager: MultiTenantDatabaseManager
    let accounts: Accounts
    let confirmation: PasswordConfirmation
    let settings: Settings
    let traffic: TrafficHistory
    let sizes: FleetSizes
    let counts: FleetCounts
    let errors: RecentErrors
    let time: any TimeSource
    let logger: Logger

    var main: MainDatabase { manager.main }

    func page(
        _ template: PageTemplate, _ view: Any, title: String, at place: PagePlace, for scope: RequestScope,
        errors: FormErrors = .none
    ) -> Response {
        renderer.page(template, view, title: title, at: place, for: scope, status: errors.status)
    }

    /// A page of a list of which one row more was fetched.
    func cut<Row>(_ fetched: [Row], by id: (Row) -> Int64) -> ListPage<Row> {
        ListPage(cutting: fetched, to: Self.pageSize, by: id)
    }

    /// Usernames by id; unknown ids are left out.
    func names(of ids: some Sequence<UserID?>) async throws -> UserNames {
        let wanted = Set(ids.compactMap { $0 })
        return UserNames(known: try await main.withDatabase(.read) { try await UserRepository($0).names(of: wanted) })
    }

    /// The path of the page about a user and their database.
    static func path(of userID: UserID) -> String { "\(PagePlace.databases.path)/\(userID)" }
}
