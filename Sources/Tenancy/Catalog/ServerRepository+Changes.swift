/// Changing and removing rows of `Database_Server`.
extension ServerRepository {
    /// The uses that prevent a server's removal.
    struct Use: Sendable {
        let databases: Int
        /// Unfinished jobs of the users with databases on the server.
        let jobs: Int
    }

    func use(of id: Int64) async throws -> Use {
        let jobs = """
            SELECT COUNT(*) AS Number FROM Job WHERE State IN ('queued', 'running', 'paused') AND User_ID IN \
            (SELECT User_ID FROM User_Database_Config WHERE Server_ID = ?)
            """
        let databases = "SELECT COUNT(*) AS Number FROM User_Database_Config WHERE Server_ID = ?"
        return Use(databases: try await number(databases, id), jobs: try await number(jobs, id))
    }

    private func number(_ sql: String, _ id: Int64) async throws -> Int {
        Int(try await database.fetchOne(sql, [.integer(id)])?.integer("Number") ?? 0)
    }

    /// Holds the row until the transaction ends.
    /// - Returns: the row as it is now; nil where it is gone.
    func lock(_ id: Int64) async throws -> DatabaseServer? {
        try await database.execute("UPDATE Database_Server SET State = State WHERE Server_ID = ?", [.integer(id)])
        return try await find(id)
    }

    func update(_ id: Int64, to request: ServerRequest, sealedPassword: SealedSecret) async throws {
        let sql = """
            UPDATE Database_Server SET Host = ?, Port = ?, Login = ?, Password = ?, TLS = ?, Max_Connections = ?, \
            Region = ? WHERE Server_ID = ?
            """
        try await database.execute(
            sql,
            [
                .text(request.host), .optionalInteger(request.port.map(Int64.init)), .text(request.login.name),
                .text(sealedPassword.text), .text(request.tls.description), .integer(Int64(request.maxConnections)),
                .optionalText(request.region), .integer(id),
            ])
    }

    /// Removes a server, with the rows of its stock.
    func delete(_ id: Int64) async throws {
        try await database.execute("DELETE FROM Warm_Database WHERE Server_ID = ?", [.integer(id)])
        try await database.execute("DELETE FROM Database_Server WHERE Server_ID = ?", [.integer(id)])
    }
}
