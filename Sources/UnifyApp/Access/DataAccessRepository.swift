internal import Tenancy

/// The rows of `Data_Access`; kept forever, because users may see who read their data.
struct DataAccessRepository: Sendable {
    static let table = TableDefinition(
        "Data_Access",
        columns: [
            ColumnDefinition("Access_ID", .identity),
            ColumnDefinition("Token_Hash", .text(maxLength: 64)).required.unique,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Actor_ID", .integer).required,
            ColumnDefinition("Reason", .text(maxLength: DataAccess.maxReason)).required,
            ColumnDefinition("Created_Date", .timestamp).required,
            ColumnDefinition("Expires_Date", .timestamp).required,
        ]
    )
    .indexed("User_ID", "Access_ID")

    /// The session of each access, and when it was ended. A separate table, like ``SessionRepository/clients``; an
    /// older access has no row and is not valid.
    static let states = TableDefinition(
        "Data_Access_State",
        columns: [
            ColumnDefinition("Access_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Session_ID", .integer).required,
            ColumnDefinition("Ended_Date", .timestamp),
        ]
    )
    .indexed("User_ID")

    private static let select = """
        SELECT A.Access_ID, A.User_ID, A.Actor_ID, A.Reason, A.Created_Date, A.Expires_Date, S.Session_ID, S.Ended_Date \
        FROM Data_Access A LEFT JOIN Data_Access_State S ON S.Access_ID = A.Access_ID
        """
    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    func insert(
        _ token: SessionToken, to userID: UserID, by session: SignedInSession, reason: String, date: Timestamp
    ) async throws -> DataAccess {
        let end = date.adding(DataAccess.lifetime)
        let actorID = session.user.id
        let id = try await database.insert(
            into: Self.table.name,
            [
                "Token_Hash": .text(token.hash), "User_ID": .integer(userID.rawValue),
                "Actor_ID": .integer(actorID.rawValue), "Reason": .text(reason), "Created_Date": .timestamp(date),
                "Expires_Date": .timestamp(end),
            ], identity: "Access_ID")
        try await database.execute(
            "INSERT INTO Data_Access_State (Access_ID, User_ID, Session_ID) VALUES (?, ?, ?)",
            [.integer(id), .integer(userID.rawValue), .integer(session.id)])
        return DataAccess(
            id: id, userID: userID, actorID: actorID, reason: reason, createdAt: date, expiresAt: end,
            sessionID: session.id)
    }

    /// The access of a token; nil if it has expired or its user has ended it.
    func find(tokenHash: String, date: Timestamp) async throws -> DataAccess? {
        let sql = "\(Self.select) WHERE A.Token_Hash = ? AND A.Expires_Date > ? AND S.Ended_Date IS NULL"
        return try await database.fetchOne(sql, [.text(tokenHash), .timestamp(date)]).map(Self.access)
    }

    /// The accesses to a user's data, newest first.
    /// - Parameter before: only smaller numbers; nil to start at the newest.
    func list(of userID: UserID, before: Int64?, limit: Int) async throws -> [DataAccess] {
        let sql = """
            \(Self.select) WHERE A.User_ID = ? AND A.Access_ID < ? \
            ORDER BY A.Access_ID DESC \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] = [.integer(userID.rawValue), .integer(before ?? .max), .integer(Int64(limit))]
        return try await database.fetchAll(sql, parameters).map(Self.access)
    }

    /// Ends an access to a user's data.
    /// - Returns: false if there is none of that number, or it has ended already.
    func end(_ id: Int64, of userID: UserID, date: Timestamp) async throws -> Bool {
        let sql = """
            UPDATE Data_Access_State SET Ended_Date = ? WHERE Access_ID = ? AND User_ID = ? AND Ended_Date IS NULL
            """
        let parameters: [SQLValue] = [.timestamp(date), .integer(id), .integer(userID.rawValue)]
        return try await database.execute(sql, parameters).changes > 0
    }

    /// Ends all accesses to a user's data.
    func endAll(of userID: UserID, date: Timestamp) async throws {
        let sql = "UPDATE Data_Access_State SET Ended_Date = ? WHERE User_ID = ? AND Ended_Date IS NULL"
        try await database.execute(sql, [.timestamp(date), .integer(userID.rawValue)])
    }

    /// Whether this number is a present or past access to the user's data.
    func exists(_ id: Int64, of userID: UserID) async throws -> Bool {
        let sql = "SELECT Access_ID FROM Data_Access WHERE Access_ID = ? AND User_ID = ?"
        return try await database.fetchOne(sql, [.integer(id), .integer(userID.rawValue)]) != nil
    }

    /// The access with this number; nil if there is none.
    func find(_ id: Int64) async throws -> DataAccess? {
        let sql = "\(Self.select) WHERE A.Access_ID = ?"
        return try await database.fetchOne(sql, [.integer(id)]).map(Self.access)
    }

    /// Ends all that have not ended.
    func endAll(date: Timestamp) async throws {
        try await database.execute(
            "UPDATE Data_Access SET Expires_Date = ? WHERE Expires_Date > ?", [.timestamp(date), .timestamp(date)])
    }

    private static func access(_ row: Row) throws -> DataAccess {
        guard let userID = UserID(try row.integer("User_ID")), let actorID = UserID(try row.integer("Actor_ID")) else {
            throw TenancyError(.unexpectedValue, "A row of Data_Access holds numbers that are no users'.")
        }
        return DataAccess(
            id: try row.integer("Access_ID"), userID: userID, actorID: actorID, reason: try row.text("Reason"),
            createdAt: try row.timestamp("Created_Date"), expiresAt: try row.timestamp("Expires_Date"),
            endedAt: try row.optionalTimestamp("Ended_Date"), sessionID: try row.optionalInteger("Session_ID") ?? 0)
    }
}
