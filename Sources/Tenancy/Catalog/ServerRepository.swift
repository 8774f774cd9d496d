/// The rows of `Database_Server`: engine instances that can hold user databases.
public struct ServerRepository: Sendable {
    public struct Server: Sendable {
        public let id: Int64
        public let name: String
        public let engine: EngineKind
        public let host: String?
        public let port: Int?
        public let region: String?
        public let state: String
    }

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Servers in the order of their numbers, those greater than `after`.
    public func list(after: Int64, limit: Int) async throws -> [Server] {
        let sql = """
            SELECT Server_ID, Name, DB_Type, Host, Port, Region, State FROM Database_Server WHERE Server_ID > ? \
            ORDER BY Server_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(Int64(limit))]).map { row in
            guard let engine = EngineKind(rawValue: try row.text("DB_Type")) else {
                throw TenancyError(.unexpectedValue, "A row of Database_Server names no engine.")
            }
            return Server(
                id: try row.integer("Server_ID"), name: try row.text("Name"), engine: engine,
                host: try row.optionalText("Host"), port: try row.optionalInteger("Port").map { Int($0) },
                region: try row.optionalText("Region"), state: try row.text("State"))
        }
    }
}
