/// The rows of `User_Database_Config`.
package struct ConfigRepository: Sendable {
    private static let columnNames = [
        "User_ID", "DB_Type", "DB_Host", "DB_Port", "DB_Name", "DB_User", "DB_Password", "DB_Next_Password", "DB_TLS",
        "DB_Path", "Database_UUID", "Epoch", "State", "Server_ID", "Schema_Version", "Created_Date",
        "Health", "Health_Reason", "Health_Date", "Checked_Date",
    ]
    static let columns = columnNames.joined(separator: ", ")

    /// The columns that ``config(_:)`` reads, qualified by a table alias.
    static func columns(of alias: String) -> String {
        columnNames.map { "\(alias).\($0)" }.joined(separator: ", ")
    }

    let database: DatabaseHandle

    package init(_ database: DatabaseHandle) { self.database = database }

    package func find(_ userID: UserID) async throws -> UserDatabaseConfig? {
        let sql = "SELECT \(Self.columns) FROM User_Database_Config WHERE User_ID = ?"
        return try await database.fetchOne(sql, [.integer(userID.rawValue)]).map(Self.config)
    }

    /// Configs in the order of their users' ids, those greater than `after`.
    /// - Parameter serverID: only those on this server; nil for all.
    package func list(after: Int64, limit: Int, onServer serverID: Int64? = nil) async throws -> [UserDatabaseConfig] {
        let sql = """
            SELECT \(Self.columns) FROM User_Database_Config WHERE User_ID > ?\(Self.condition(serverID)) \
            ORDER BY User_ID \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] =
            [.integer(after)] + (serverID.map { [.integer($0)] } ?? []) + [.integer(Int64(limit))]
        return try await database.fetchAll(sql, parameters).map(Self.config)
    }

    /// How many ``list(after:limit:onServer:)`` would give without a limit.
    func count(after: Int64, onServer serverID: Int64? = nil) async throws -> Int {
        let sql = "SELECT COUNT(*) AS Number FROM User_Database_Config WHERE User_ID > ?\(Self.condition(serverID))"
        let parameters: [SQLValue] = [.integer(after)] + (serverID.map { [.integer($0)] } ?? [])
        return Int(try await database.fetchOne(sql, parameters)?.integer("Number") ?? 0)
    }

    private static func condition(_ serverID: Int64?) -> String { serverID == nil ? "" : " AND Server_ID = ?" }

    func insert(_ config: UserDatabaseConfig, fingerprint: String) async throws {
        _ = try await database.insert(
            into: "User_Database_Config",
            [
                "User_ID": .integer(config.userID.rawValue), "DB_Type": .text(config.engine.rawValue),
                "DB_Host": .optionalText(config.host), "DB_Port": .optionalInteger(config.port.map(Int64.init)),
                "DB_Name": .optionalText(config.name), "DB_User": .optionalText(config.login),
                "DB_Password": .optionalText(config.sealedPassword?.text), "DB_TLS": .text(config.tls.description),
                "DB_Path": .optionalText(config.path),
                "Is_Active": .boolean(config.state == .active), "Created_Date": .timestamp(config.createdAt),
                "Database_UUID": .text(config.uuid.text), "Epoch": .integer(config.epoch),
                "State": .text(config.state.rawValue), "Server_ID": .optionalInteger(config.serverID),
                "Schema_Version": .integer(Int64(config.schemaVersion)), "Schema_Fingerprint": .text(fingerprint),
                "Key_ID": .optionalText(config.sealedPassword?.keyID), "Updated_Date": .timestamp(config.createdAt),
                "Checked_Date": .timestamp(config.createdAt),
            ], identity: "Config_ID")
    }

    /// Moves a config from one state to another and raises its epoch.
    /// - Returns: false if it is not, or no longer, in the first state.
    func move(_ userID: UserID, from: DatabaseState, to: DatabaseState, date: Timestamp) async throws -> Bool {
        let sql = """
            UPDATE User_Database_Config SET State = ?, Is_Active = ?, Epoch = Epoch + 1, Updated_Date = ? \
            WHERE User_ID = ? AND State = ?
            """
        let result = try await database.execute(
            sql,
            [
                .text(to.rawValue), .boolean(to == .active), .timestamp(date), .integer(userID.rawValue),
                .text(from.rawValue),
            ])
        return result.changes > 0
    }

    /// Resets a config for a database that is yet to be made.
    func renew(_ userID: UserID, uuid: DatabaseID, schemaVersion: Int, date: Timestamp) async throws {
        let sql = """
            UPDATE User_Database_Config SET Database_UUID = ?, State = 'provisioning', Is_Active = ?, \
            Epoch = Epoch + 1, Schema_Version = ?, Updated_Date = ?, Health = ?, Health_Reason = ?, Health_Date = ?, \
            Checked_Date = ? WHERE User_ID = ?
            """
        let health: [SQLValue] = [.text(DatabaseHealth.healthyWord), nil, .timestamp(date), .timestamp(date)]
        try await database.execute(
            sql,
            [.text(uuid.text), false, .integer(Int64(schemaVersion)), .timestamp(date)] + health
                + [.integer(userID.rawValue)])
    }

    /// Overwrites the sealed passwords and refuses all access from now on.
    func shred(_ userID: UserID, date: Timestamp) async throws {
        let sql = """
            UPDATE User_Database_Config SET State = 'removing', Is_Active = ?, Epoch = Epoch + 1, DB_Password = ?, \
            DB_Next_Password = ?, Updated_Date = ? WHERE User_ID = ?
            """
        try await database.execute(sql, [false, nil, nil, .timestamp(date), .integer(userID.rawValue)])
    }

    func delete(_ userID: UserID, uuid: DatabaseID) async throws {
        try await database.execute(
            "DELETE FROM User_Database_Config WHERE User_ID = ? AND Database_UUID = ?",
            [.integer(userID.rawValue), .text(uuid.text)])
    }

    static func config(_ row: Row) throws -> UserDatabaseConfig {
        guard let userID = UserID(try row.integer("User_ID")),
            let engine = EngineKind(rawValue: try row.text("DB_Type")),
            let uuid = DatabaseID(try row.text("Database_UUID")),
            let state = DatabaseState(rawValue: try row.text("State"))
        else {
            throw TenancyError(
                .unexpectedValue,
                "The User_Database_Config row of user \(try row.integer("User_ID")) has an unknown DB_Type, State or "
                    + "Database_UUID. Was it edited by hand?")
        }
        guard let tls = TLSOptions(try row.text("DB_TLS")) else {
            throw TenancyError(.unexpectedValue, "DB_TLS of this config cannot be read.", userID: userID)
        }
        return UserDatabaseConfig(
            userID: userID, engine: engine, host: try row.optionalText("DB_Host"),
            port: try row.optionalInteger("DB_Port").map { Int($0) }, name: try row.optionalText("DB_Name"),
            login: try row.optionalText("DB_User"), sealedPassword: try sealed("DB_Password", of: row),
            sealedNextPassword: try sealed("DB_Next_Password", of: row), tls: tls,
            path: try row.optionalText("DB_Path"),
            uuid: uuid, epoch: try row.integer("Epoch"), state: state, serverID: try row.optionalInteger("Server_ID"),
            schemaVersion: Int(try row.integer("Schema_Version")), createdAt: try row.timestamp("Created_Date"),
            health: try health(row))
    }

    private static func health(_ row: Row) throws -> DatabaseHealth {
        let isHealthy = try row.text("Health") == DatabaseHealth.healthyWord
        let reason = try row.optionalText("Health_Reason").map { DatabaseFault(rawValue: $0) ?? .other }
        return DatabaseHealth(
            fault: isHealthy ? nil : reason ?? .other, date: try row.optionalTimestamp("Health_Date"),
            checkedAt: try row.timestamp("Checked_Date"))
    }

    private static func sealed(_ column: String, of row: Row) throws -> SealedSecret? {
        guard let text = try row.optionalText(column) else { return nil }
        guard let sealed = SealedSecret(text: text) else {
            throw TenancyError(.unsealFailed, "The password in this config is not in its sealed form.")
        }
        return sealed
    }

    // MARK: Places on servers

    /// The user whose database has this name or login at this address; nil if both are free.
    func owner(host: String, port: Int?, engine: EngineKind, name: String, login: String?) async throws -> UserID? {
        let sql = """
            SELECT User_ID FROM User_Database_Config WHERE DB_Type = ? AND DB_Host = ? \
            AND \(port == nil ? "DB_Port IS NULL" : "DB_Port = ?") AND (DB_Name = ? OR DB_User = ?)
            """
        let parameters: [SQLValue] =
            [.text(engine.rawValue), .text(host)] + (port.map { [.integer(Int64($0))] } ?? [])
            + [.text(name), .optionalText(login)]
        return try await database.fetchOne(sql, parameters).flatMap { UserID(try $0.integer("User_ID")) }
    }

    /// The number of databases by server id.
    func countsByServer() async throws -> [Int64: Int] {
        let sql = """
            SELECT Server_ID, COUNT(*) AS Number FROM User_Database_Config WHERE Server_ID IS NOT NULL \
            GROUP BY Server_ID
            """
        let rows = try await database.fetchAll(sql)
        return Dictionary(
            uniqueKeysWithValues: try rows.map { (try $0.integer("Server_ID"), Int(try $0.integer("Number"))) })
    }

    /// The names of all databases on a server.
    func names(onServer serverID: Int64) async throws -> [String] {
        let sql = "SELECT DB_Name FROM User_Database_Config WHERE Server_ID = ? AND DB_Name IS NOT NULL"
        return try await database.fetchAll(sql, [.integer(serverID)]).map { try $0.text("DB_Name") }
    }

    /// The databases on a server that ought to be there.
    func usable(onServer serverID: Int64) async throws -> [UserDatabaseConfig] {
        let sql = """
            SELECT \(Self.columns) FROM User_Database_Config WHERE Server_ID = ? AND State IN ('active', 'suspended') \
            ORDER BY User_ID
            """
        return try await database.fetchAll(sql, [.integer(serverID)]).map(Self.config).filter {
            $0.health.fault != .missing
        }
    }

    // MARK: Passwords

    /// Stores the password that the login is about to be given.
    func setNextPassword(_ sealed: SealedSecret, of userID: UserID, date: Timestamp) async throws {
        try await database.execute(
            "UPDATE User_Database_Config SET DB_Next_Password = ?, Updated_Date = ? WHERE User_ID = ?",
            [.text(sealed.text), .timestamp(date), .integer(userID.rawValue)])
    }

    /// Makes the next password the current one and raises the epoch.
    /// - Parameters:
    ///   - sealed: the same password, sealed under the current root key.
    ///   - next: the next password as it was read.
    /// - Returns: false if the stored next password is not, or no longer, this one.
    func adoptNextPassword(
        _ sealed: SealedSecret, replacing next: SealedSecret, of userID: UserID, date: Timestamp
    ) async throws -> Bool {
        let sql = """
            UPDATE User_Database_Config SET DB_Password = ?, DB_Next_Password = ?, Key_ID = ?, Epoch = Epoch + 1, \
            Updated_Date = ? WHERE User_ID = ? AND DB_Next_Password = ?
            """
        let result = try await database.execute(
            sql,
            [
                .text(sealed.text), nil, .text(sealed.keyID), .timestamp(date), .integer(userID.rawValue),
                .text(next.text),
            ])
        return result.changes > 0
    }
}
