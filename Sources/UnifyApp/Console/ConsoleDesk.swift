internal import Hummingbird
internal import Logging
internal import Tenancy

/// What all pages of the operator's console work with.
struct ConsoleDesk: Sendable {
    static let pageSize = 50

    let renderer: PageRenderer
    let manager: MultiTenantDatabaseManager
    let accounts: Accounts
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

    /// The cursor of a list that is ordered by number.
    func cursor(_ query: inout QueryReader) -> Int64? {
        let cursor = query.cursor()
        if cursor?.instant != nil { query.reject("cursor", "is not a cursor that this list gave") }
        return cursor?.id
    }

    /// A page of a list of which one row more was fetched, and where the next one begins.
    func cut<Row>(_ fetched: [Row], by id: (Row) -> Int64) -> (rows: [Row], next: Cursor?) {
        let rows = Array(fetched.prefix(Self.pageSize))
        return (rows, fetched.count > Self.pageSize ? rows.last.map { Cursor(id: id($0)) } : nil)
    }

    /// The names of users, as far as they are there.
    func names(of ids: some Sequence<UserID?>) async throws -> [UserID: String] {
        let wanted = Set(ids.compactMap { $0 })
        return try await main.withDatabase(.read) { try await UserRepository($0).names(of: wanted) }
    }

    /// The path of the page about a user and their database.
    static func path(of userID: UserID) -> String { "\(PagePlace.databases.path)/\(userID)" }
}
