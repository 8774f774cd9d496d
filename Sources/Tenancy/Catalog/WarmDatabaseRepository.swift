/// The rows of `Warm_Database`: databases in stock on servers, made and migrated, not yet assigned to a user.
struct WarmDatabaseRepository: Sendable {
    struct WarmDatabase: Sendable {
        let id: Int64
        let serverID: Int64
        /// The name of both the database and its login.
        let name: String
        let sealedPassword: SealedSecret
        let fingerprint: String
        let state: State
        let updatedAt: Timestamp

        static func passwordPlace(of name: String, on server: DatabaseServer) -> PasswordPlace {
            .warm(name, server.engine, host: server.host, port: server.port, tls: server.tls)
        }
    }

    enum State: String {
        case making
        case ready
        /// Of an older schema; being dropped.
        case discarding
    }

    private static let columns = "Warm_ID, Server_ID, DB_Name, DB_Password, Schema_Fingerprint, State, Updated_Date"
    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    func list() async throws -> [WarmDatabase] {
        try await database.fetchAll("SELECT \(Self.columns) FROM Warm_Database ORDER BY Warm_ID").map(Self.warm)
    }

    func insert(
        name: String, serverID: Int64, sealedPassword: SealedSecret, fingerprint: String, date: Timestamp
    ) async throws -> WarmDatabase {
        let id = try await database.insert(
            into: "Warm_Database",
            [
                "Server_ID": .integer(serverID), "DB_Name": .text(name), "DB_Password": .text(sealedPassword.text),
                "Schema_Fingerprint": .text(fingerprint), "State": .text(State.making.rawValue),
                "Updated_Date": .timestamp(date),
            ], identity: "Warm_ID")
        return WarmDatabase(
            id: id, serverID: serverID, name: name, sealedPassword: sealedPassword, fingerprint: fingerprint,
            state: .making, updatedAt: date)
    }

    /// - Returns: false if it is not, or no longer, in the first state.
    func move(_ id: Int64, from: State, to: State, date: Timestamp) async throws -> Bool {
        let sql = "UPDATE Warm_Database SET State = ?, Updated_Date = ? WHERE Warm_ID = ? AND State = ?"
        let parameters: [SQLValue] = [.text(to.rawValue), .timestamp(date), .integer(id), .text(from.rawValue)]
        return try await database.execute(sql, parameters).changes > 0
    }

    func delete(_ id: Int64) async throws {
        try await database.execute("DELETE FROM Warm_Database WHERE Warm_ID = ?", [.integer(id)])
    }

    /// Takes a database out of the stock; concurrent callers get different ones.
    /// - Returns: nil if the stock is empty.
    func claim(serverID: Int64, fingerprint: String) async throws -> WarmDatabase? {
        let sql = """
            SELECT \(Self.columns) FROM Warm_Database WHERE Server_ID = ? AND Schema_Fingerprint = ? AND State = ? \
            ORDER BY Warm_ID \(database.dialect.limitClause)
            """
        let ready: [SQLValue] = [
            .integer(serverID), .text(fingerprint), .text(State.ready.rawValue), .integer(16),
        ]
        for warm in try await database.fetchAll(sql, ready).map(Self.warm) {
            let taken = try await database.execute(
                "DELETE FROM Warm_Database WHERE Warm_ID = ? AND State = ?",
                [.integer(warm.id), .text(State.ready.rawValue)])
            if taken.changes > 0 { return warm }
        }
        return nil
    }

    private static func warm(_ row: Row) throws -> WarmDatabase {
        guard let sealed = SealedSecret(text: try row.text("DB_Password")),
            let state = State(rawValue: try row.text("State"))
        else {
            throw TenancyError(
                .unexpectedValue,
                "Row \(try row.integer("Warm_ID")) of Warm_Database has an unreadable DB_Password or an unknown State. "
                    + "Was it edited by hand?")
        }
        return WarmDatabase(
            id: try row.integer("Warm_ID"), serverID: try row.integer("Server_ID"), name: try row.text("DB_Name"),
            sealedPassword: sealed, fingerprint: try row.text("Schema_Fingerprint"), state: state,
            updatedAt: try row.timestamp("Updated_Date"))
    }
}
