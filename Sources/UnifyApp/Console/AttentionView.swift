internal import Tenancy

/// What an operator has to attend to, each item once: the top of the overview.
struct AttentionView {
    struct Item {
        let what: String
        let words: String
        let remedy: String
        /// The page of the console that helps, and the link's text.
        var path: String?
        var action = ""
    }

    /// Databases that are named; the others are behind a link.
    static let named = 5

    let items: [Item]
    let isNeeded: Bool
    let unreachableServers: [String]

    init(_ environment: ConsoleEnvironment, _ time: PageTime) async throws {
        guard environment.settings.isMultiTenant else {
            (items, isNeeded, unreachableServers) = ([], false, [])
            return
        }
        let summary = try await environment.manager.healthSummary()
        unreachableServers = summary.unreachableServers
        var items = Self.servers(summary, environment.settings)
        let count = summary.unhealthyCount
        if count > 0 {
            var filter = FleetRepository.Filter()
            filter.isHealthy = false
            let entries = try await environment.main.withDatabase(.read) { [filter] in
                try await FleetRepository($0).list(filter, after: 0, limit: Self.named)
            }
            items += entries.compactMap { Self.database($0, time) }
            if count > entries.count {
                items.append(
                    Item(
                        what: "\(GroupedNumber.text(count - entries.count)) more databases", words: "need attention.",
                        remedy: "", path: DatabaseSearch.attentionPath, action: "Show all"))
            }
        }
        self.items = items
        isNeeded = !items.isEmpty
    }

    private static func database(_ entry: FleetRepository.Entry, _ time: PageTime) -> Item? {
        guard let fault = entry.config.health.fault else { return nil }
        let since = entry.config.health.date.map { " Since \(time.dateAndClock($0))." } ?? ""
        return Item(
            what: "\(entry.username):", words: fault.words + since, remedy: fault.remedy(entry.config),
            path: ConsoleEnvironment.path(of: entry.config.userID),
            // What can be done about a wrong database depends on where the user's own is, which its page finds out.
            action: fault == .wrong ? "Look at it" : fault.repairs(entry.config).first?.label ?? "Look at it")
    }

    private static func servers(
        _ summary: MultiTenantDatabaseManager.HealthSummary, _ settings: Settings
    ) -> [Item] {
        var items: [Item] = []
        if !summary.takesNewDatabases {
            let engine = settings.defaultEngine
            items.append(
                Item(
                    what: "Nobody can register:", words: "no \(engine.label) server takes new databases.",
                    remedy: "Run: unify server add NAME --engine \(engine.rawValue) --host HOST --login LOGIN"))
        }
        items += summary.unreachableServers.map {
            Item(
                what: "The server \($0)", words: "does not answer.",
                remedy: "See that it runs and that this machine reaches it.", path: PagePlace.servers.path,
                action: "Show the servers")
        }
        items += summary.unusableServers.sorted { $0.key < $1.key }.map {
            Item(
                what: "The server \($0.key)", words: "answers and cannot be used. \($0.value)",
                remedy: "Run unify doctor: it says what is missing.")
        }
        return items
    }
}
