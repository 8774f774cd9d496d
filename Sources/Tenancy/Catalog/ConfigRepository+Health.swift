/// Health columns of configs.
extension ConfigRepository {
    /// Records a database's health.
    ///
    /// - Parameter fault: nil for a healthy database.
    /// - Returns: false if this was recorded already, or the config now names another database.
    func setHealth(_ fault: DatabaseFault?, of config: UserDatabaseConfig, date: Timestamp) async throws -> Bool {
        let word = fault == nil ? DatabaseHealth.healthyWord : DatabaseHealth.unhealthyWord
        let epoch = fault?.endsLeases == true ? "Epoch = Epoch + 1, " : ""
        let isOther = fault == nil ? "Health <> ?" : "(Health <> ? OR Health_Reason <> ?)"
        let sql = """
            UPDATE User_Database_Config SET \(epoch)Health = ?, Health_Reason = ?, Health_Date = ?, Checked_Date = ? \
            WHERE User_ID = ? AND Database_UUID = ? AND \(isOther)
            """
        let reason = SQLValue.optionalText(fault?.rawValue)
        let result = try await database.execute(
            sql,
            [
                .text(word), reason, .timestamp(date), .timestamp(date), .integer(config.userID.rawValue),
                .text(config.uuid.text), .text(word),
            ] + (reason.isNull ? [] : [reason]))
        return result.changes > 0
    }

    /// Active databases that have not been checked since a date, the longest ago first.
    ///
    /// - Parameters:
    ///   - isHealthy: false for the databases recorded as unhealthy.
    ///   - servers: addresses of servers to leave out.
    func due(
        before date: Timestamp, isHealthy: Bool, notOn servers: [Int64], limit: Int
    ) async throws -> [UserDatabaseConfig] {
        let others =
            servers.isEmpty
            ? "" : "AND (Server_ID IS NULL OR Server_ID NOT IN (\(SQLStatement.marks(servers.count)))) "
        let sql = """
            SELECT \(Self.columns) FROM User_Database_Config WHERE Health = ? AND Checked_Date < ? AND State = 'active' \
            \(others)ORDER BY Checked_Date \(database.dialect.limitClause)
            """
        let word = isHealthy ? DatabaseHealth.healthyWord : DatabaseHealth.unhealthyWord
        let parameters: [SQLValue] = [.text(word), .timestamp(date)] + servers.map(SQLValue.integer)
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.config)
    }

    /// Records when a database was last checked.
    /// - Returns: false if another process has checked it since it was read.
    func setChecked(_ date: Timestamp, of config: UserDatabaseConfig, from old: Timestamp) async throws -> Bool {
        let sql = """
            UPDATE User_Database_Config SET Checked_Date = ? WHERE User_ID = ? AND Database_UUID = ? \
            AND Checked_Date = ?
            """
        return try await database.execute(
            sql,
            [
                .timestamp(date), .integer(config.userID.rawValue), .text(config.uuid.text), .timestamp(old),
            ]
        ).changes > 0
    }

    /// Ends every lease of a user's database, in any state.
    func raiseEpoch(of userID: UserID, date: Timestamp) async throws {
        try await database.execute(
            "UPDATE User_Database_Config SET Epoch = Epoch + 1, Updated_Date = ? WHERE User_ID = ?",
            [.timestamp(date), .integer(userID.rawValue)])
    }

    /// The number of unhealthy active databases, by fault. Other states are not checked, so their health is out of
    /// date.
    func unhealthyCounts() async throws -> [DatabaseFault: Int] {
        let sql = """
            SELECT Health_Reason, COUNT(*) AS Number FROM User_Database_Config WHERE Health = ? AND State = 'active' \
            GROUP BY Health_Reason
            """
        return try await database.fetchAll(sql, [.text(DatabaseHealth.unhealthyWord)]).reduce(into: [:]) {
            let fault = try $1.optionalText("Health_Reason").flatMap(DatabaseFault.init(rawValue:)) ?? .other
            $0[fault, default: 0] += Int(try $1.integer("Number"))
        }
    }
}
