internal import Tenancy

/// A user's database as JSON and as lines.
struct DatabaseOutput: Encodable {
    let userId: Int64
    let engine: String
    let host: String?
    let port: Int?
    let name: String
    let login: String?
    let path: String?
    let state: String
    let server: String?
    let schemaVersion: Int
    let epoch: Int64
    let sizeBytes: Int64?
    let createdAt: String
    /// What the database was migrated to, by component; nil where it was not asked or cannot be opened.
    var migrations: [String: Int]?

    init(_ statistics: MultiTenantDatabaseManager.DatabaseStatistics) {
        server = statistics.serverName
        let config = statistics.config
        userId = config.userID.rawValue
        engine = config.engine.rawValue
        host = config.host
        port = config.port
        name = config.displayName
        login = config.login
        path = config.path
        state = config.state.rawValue
        schemaVersion = config.schemaVersion
        epoch = config.epoch
        sizeBytes = statistics.sizeBytes
        createdAt = config.createdAt.rfc3339
    }

    var lines: [String] {
        let all: [(String, String?)] = [
            ("user", "\(userId)"), ("engine", engine), ("state", state), ("server", server), ("name", name),
            ("path", path), ("host", host),
            ("port", port.map(String.init)), ("login", login), ("schema version", "\(schemaVersion)"),
            ("migrations", migrations.map(Self.text)), ("epoch", "\(epoch)"),
            ("bytes", sizeBytes.map(String.init) ?? "cannot be read"), ("created", createdAt),
        ]
        return all.compactMap { name, value in value.map { "\(name): \($0)" } }
    }

    private static func text(_ migrations: [String: Int]) -> String {
        migrations.sorted { $0.key < $1.key }.map { "\($0) \($1)" }.joined(separator: ", ")
    }
}
