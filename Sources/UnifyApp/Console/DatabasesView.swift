internal import Tenancy

/// The view of the template `databases`.
struct DatabasesView {
    struct Row {
        let userID: Int64
        let username: String
        let path: String
        let engine: String
        let server: String
        let name: String
        let state: String
        /// What is wrong with it; nil if healthy.
        let trouble: String?
        let version: Int
        let size: String
        let connections: String
        let isDeleted: Bool

        init(_ entry: FleetRepository.Entry, _ statistics: MultiTenantDatabaseManager.DatabaseStatistics) {
            userID = entry.config.userID.rawValue
            username = entry.username
            path = ConsoleEnvironment.path(of: entry.config.userID)
            engine = entry.config.engine.label
            server = statistics.serverName ?? entry.config.host ?? "this machine"
            name = entry.config.displayName
            state = entry.config.state.rawValue
            trouble = entry.config.health.fault?.label
            version = entry.config.schemaVersion
            size = statistics.sizeBytes.map(ByteCount.text) ?? "not known"
            connections = GroupedNumber.text(statistics.openConnections)
            isDeleted = entry.deletedAt != nil
        }
    }

    /// How many databases need attention, as text; nil for none.
    let attention: String?
    let attentionPath = DatabaseSearch.attentionPath
    let search: String
    let filters: [FieldView]
    let isFiltered: Bool
    let rows: [Row]
    let isEmpty: Bool
    let emptyText: String
    let pager: PagerView

    init(
        search: DatabaseSearch, rows: [Row], servers: [DatabaseServer], versions: [Int], unhealthy: Int,
        pager: PagerView
    ) {
        attention =
            unhealthy == 0
            ? nil
            : unhealthy == 1
                ? "1 database needs attention." : "\(GroupedNumber.text(unhealthy)) databases need attention."
        let filter = search.filter
        self.search = filter.text ?? ""
        filters = [
            .filter("engine", "Engine", EngineKind.allCases.map { ($0.rawValue, $0.label) }, filter.engine?.rawValue),
            .filter(
                "state", "State", DatabaseState.allCases.map { ($0.rawValue, $0.rawValue) }, filter.state?.rawValue),
            .filter(
                "health", "Health", [("healthy", "healthy"), (DatabaseSearch.needsAttention, "needs attention")],
                search.health),
            .filter("server", "Server", servers.map { ("\($0.id)", $0.name) }, filter.serverID.map { "\($0)" }),
            .filter("version", "Schema", versions.map { ("\($0)", "\($0)") }, filter.schemaVersion.map { "\($0)" }),
        ]
        isFiltered = search.isFiltered
        self.rows = rows
        isEmpty = rows.isEmpty
        emptyText = NoResults.text(for: filter.text, of: "databases")
        self.pager = pager
    }
}

extension FieldView {
    /// A choice that narrows a list, with one for all of it.
    static func filter(_ name: String, _ label: String, _ options: [(String, String)], _ chosen: String?) -> FieldView {
        FieldView(name, label).with {
            $0.id = "filter-\(name)"
            $0.choices =
                [Choice(value: "", label: "Any", isChosen: chosen == nil)]
                + options.map { Choice(value: $0.0, label: $0.1, isChosen: $0.0 == chosen) }
        }
    }
}
