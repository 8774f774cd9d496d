internal import Tenancy

/// The list's query: which databases to show.
struct DatabaseSearch {
    let filter: FleetRepository.Filter

    init(_ query: inout QueryReader) {
        var filter = FleetRepository.Filter()
        filter.text = query.text("q", maxLength: ItemLimits.search)
        filter.engine = Self.word("engine", EngineKind.init, &query)
        filter.state = Self.word("state", DatabaseState.init, &query)
        filter.serverID = Self.word("server", { Int64(plain: $0) }, &query)
        filter.schemaVersion = Self.word("version", { Int64(plain: $0).flatMap { Int(exactly: $0) } }, &query)
        filter.isHealthy = Self.word("health", { ["healthy": true, Self.needsAttention: false][$0] }, &query)
        self.filter = filter
    }

    static let needsAttention = "attention"
    static let attentionPath = "\(PagePlace.databases.path)?health=\(needsAttention)"

    var health: String? { filter.isHealthy.map { $0 ? "healthy" : Self.needsAttention } }

    private static func word<Value>(
        _ name: String, _ read: (String) -> Value?, _ query: inout QueryReader
    ) -> Value? {
        guard let text = query.text(name, maxLength: 20) else { return nil }
        let value = read(text)
        if value == nil { query.reject(name, "is not a value of this filter: choose one on the page") }
        return value
    }

    var isFiltered: Bool {
        filter.text != nil || filter.engine != nil || filter.state != nil || filter.serverID != nil
            || filter.schemaVersion != nil || filter.isHealthy != nil
    }

    var path: String {
        LocalPath.query(
            PagePlace.databases.path,
            [
                "q": filter.text, "engine": filter.engine?.rawValue, "state": filter.state?.rawValue,
                "server": filter.serverID.map { "\($0)" }, "version": filter.schemaVersion.map { "\($0)" },
                "health": health,
            ])
    }
}
