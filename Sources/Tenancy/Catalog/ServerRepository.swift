/// The rows of `Database_Server`: engine instances that can hold user databases.
public struct ServerRepository: Sendable {
    private static let columns = """
        Server_ID, Name, DB_Type, Host, Port, Login, Password, TLS, Max_Connections, Region, State
        """
    let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Servers ordered by id, those greater than `after`.
    public func list(after: Int64, limit: Int) async throws -> [DatabaseServer] {
        let sql = """
            SELECT \(Self.columns) FROM Database_Server WHERE Server_ID > ? ORDER BY Server_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(Int64(limit))]).map(Self.server)
    }

    /// How many ``list(after:limit:)`` would return without a limit.
    func count(after: Int64) async throws -> Int {
        let sql = "SELECT COUNT(*) AS Number FROM Database_Server WHERE Server_ID > ?"
        return Int(try await database.fetchOne(sql, [.integer(after)])?.integer("Number") ?? 0)
    }

    public func find(name: String) async throws -> DatabaseServer? {
        let sql = "SELECT \(Self.columns) FROM Database_Server WHERE Name = ?"
        return try await database.fetchOne(sql, [.text(name)]).map(Self.server)
    }

    func find(_ id: Int64) async throws -> DatabaseServer? {
        let sql = "SELECT \(Self.columns) FROM Database_Server WHERE Server_ID = ?"
        return try await database.fetchOne(sql, [.integer(id)]).map(Self.server)
    }

    /// Servers of one engine that take new databases.
    func active(_ engine: EngineKind) async throws -> [DatabaseServer] {
        let sql = "SELECT \(Self.columns) FROM Database_Server WHERE DB_Type = ? AND State = ? ORDER BY Server_ID"
        let parameters: [SQLValue] = [.text(engine.rawValue), .text(DatabaseServer.State.active.rawValue)]
        return try await database.fetchAll(sql, parameters).map(Self.server)
    }

    /// - Throws: ``TenancyError`` `uniqueViolation` if the name is taken.
    func insert(_ request: ServerRequest, sealedPassword: SealedSecret, date: Timestamp) async throws -> Int64 {
        try await database.insert(
            into: "Database_Server",
            [
                "Name": .text(request.name), "DB_Type": .text(request.engine.rawValue), "Host": .text(request.host),
                "Port": .optionalInteger(request.port.map(Int64.init)), "Login": .text(request.login.name),
                "Password": .text(sealedPassword.text), "TLS": .text(request.tls.description),
                "Max_Connections": .integer(Int64(request.maxConnections)), "Region": .optionalText(request.region),
                "State": .text(DatabaseServer.State.active.rawValue), "Created_Date": .timestamp(date),
            ], identity: "Server_ID")
    }

    private static func server(_ row: Row) throws -> DatabaseServer {
        guard let engine = EngineKind(rawValue: try row.text("DB_Type")),
            let sealed = SealedSecret(text: try row.text("Password")), let tls = TLSOptions(try row.text("TLS")),
            let state = DatabaseServer.State(rawValue: try row.text("State"))
        else {
            throw TenancyError(
                .unexpectedValue,
                "The Database_Server row of \(try row.text("Name")) has an unknown DB_Type, TLS or State, or an "
                    + "unreadable Password. Was it edited by hand?")
        }
        return DatabaseServer(
            id: try row.integer("Server_ID"), name: try row.text("Name"), engine: engine, host: try row.text("Host"),
            port: try row.optionalInteger("Port").map { Int($0) }, login: try row.text("Login"),
            sealedPassword: sealed, tls: tls, maxConnections: Int(try row.integer("Max_Connections")),
            region: try row.optionalText("Region"), state: state)
    }
}
