internal import Tenancy

/// The rows of `Second_Factor` and `Recovery_Code`. The secret itself is a sealed one, by ``secretName(of:)``.
struct SecondFactorRepository: Sendable {
    static let factors = TableDefinition(
        "Second_Factor",
        columns: [
            ColumnDefinition("User_ID", .integer).primaryKey,
            ColumnDefinition("Confirmed_Date", .timestamp),
            ColumnDefinition("Last_Step", .integer).required,
            ColumnDefinition("Created_Date", .timestamp).required,
        ])
    static let recoveryCodes = TableDefinition(
        "Recovery_Code",
        columns: [
            ColumnDefinition("Code_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Code_Hash", .text(maxLength: 64)).required,
        ]
    )
    .indexed("User_ID")

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    static func secretName(of userID: UserID) -> String { "second-factor/\(userID)" }

    func find(_ userID: UserID) async throws -> SecondFactor? {
        let sql = """
            SELECT Created_Date, Confirmed_Date, Last_Step, \
            (SELECT COUNT(*) FROM Recovery_Code R WHERE R.User_ID = F.User_ID) AS Codes \
            FROM Second_Factor F WHERE F.User_ID = ?
            """
        return try await database.fetchOne(sql, [.integer(userID.rawValue)]).map {
            SecondFactor(
                createdAt: try $0.timestamp("Created_Date"),
                confirmedAt: try $0.optionalTimestamp("Confirmed_Date"), lastStep: try $0.integer("Last_Step"),
                recoveryCodes: Int(try $0.integer("Codes")))
        }
    }

    /// Adds an unconfirmed second factor.
    func insert(_ userID: UserID, date: Timestamp) async throws {
        try await database.execute(
            "INSERT INTO Second_Factor (User_ID, Last_Step, Created_Date) VALUES (?, ?, ?)",
            [.integer(userID.rawValue), 0, .timestamp(date)])
    }

    /// - Returns: false if another request has confirmed it, or there is none.
    func confirm(_ userID: UserID, date: Timestamp) async throws -> Bool {
        let sql = "UPDATE Second_Factor SET Confirmed_Date = ? WHERE User_ID = ? AND Confirmed_Date IS NULL"
        return try await database.execute(sql, [.timestamp(date), .integer(userID.rawValue)]).changes > 0
    }

    /// Uses a step up, and all before it.
    /// - Returns: false if it was used already, also by a request at the same moment.
    func use(step: Int64, of userID: UserID) async throws -> Bool {
        let sql = "UPDATE Second_Factor SET Last_Step = ? WHERE User_ID = ? AND Last_Step < ?"
        return try await database.execute(sql, [.integer(step), .integer(userID.rawValue), .integer(step)]).changes > 0
    }

    /// Uses a recovery code up.
    /// - Returns: false if there is none.
    func use(recoveryCodeHash hash: String, of userID: UserID) async throws -> Bool {
        let sql = "DELETE FROM Recovery_Code WHERE User_ID = ? AND Code_Hash = ?"
        return try await database.execute(sql, [.integer(userID.rawValue), .text(hash)]).changes > 0
    }

    /// Puts recovery codes in the place of those there are.
    func setRecoveryCodes(_ hashes: [String], of userID: UserID) async throws {
        try await database.execute("DELETE FROM Recovery_Code WHERE User_ID = ?", [.integer(userID.rawValue)])
        for hash in hashes {
            let sql = database.dialect.insert(
                into: "Recovery_Code", columns: ["User_ID", "Code_Hash"], identity: nil)
            try await database.execute(sql, [.integer(userID.rawValue), .text(hash)])
        }
    }

    /// - Returns: whether there was one.
    func delete(_ userID: UserID) async throws -> Bool {
        try await database.execute("DELETE FROM Recovery_Code WHERE User_ID = ?", [.integer(userID.rawValue)])
        let sql = "DELETE FROM Second_Factor WHERE User_ID = ?"
        return try await database.execute(sql, [.integer(userID.rawValue)]).changes > 0
    }
}
