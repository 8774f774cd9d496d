package import Tenancy

/// The rows of `Session`.
package struct SessionRepository: Sendable {
    /// The most sessions of one user; the oldest end when there are more.
    static let maxPerUser = 100

    private let database: DatabaseHandle

    package init(_ database: DatabaseHandle) { self.database = database }

    /// The client of each session. A separate table: unlike another column, it can be created again after an
    /// interrupted migration.
    static let clients = TableDefinition(
        "Session_Client",
        columns: [
            ColumnDefinition("Session_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Client", .text(maxLength: Client.maxName)).required,
        ]
    )
    .indexed("User_ID")

    /// From which address a session began.
    static let addresses = TableDefinition(
        "Session_Address",
        columns: [
            ColumnDefinition("Session_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Address", .text(maxLength: 64)).required,
        ]
    )
    .indexed("User_ID")

    /// When a session's password was last confirmed, and when it was last used. The first of either creates the row.
    static let states = TableDefinition(
        "Session_State",
        columns: [
            ColumnDefinition("Session_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Confirmed_Date", .timestamp),
            ColumnDefinition("Used_Date", .timestamp),
        ]
    )
    .indexed("User_ID")

    /// Starts a session and ends the user's surplus ones.
    /// - Returns: whether there were any.
    @discardableResult
    package func insert(
        _ token: SessionToken, userID: UserID, date: Timestamp
    ) async throws -> Bool {
        try await insert(token, userID: userID, client: nil, date: date)
    }

    /// - Parameter client: the session's client.
    @discardableResult
    func insert(
        _ token: SessionToken, userID: UserID, client: Client?, date: Timestamp
    ) async throws -> Bool {
        let id = try await database.insert(
            into: "Session",
            [
                "Token_Hash": .text(token.hash), "User_ID": .integer(userID.rawValue), "Created_Date": .timestamp(date),
                "Expires_Date": .timestamp(date.adding(SessionLimits.lifetime)),
            ], identity: "Session_ID")
        if let name = client?.name {
            try await database.execute(
                "INSERT INTO Session_Client (Session_ID, User_ID, Client) VALUES (?, ?, ?)",
                [.integer(id), .integer(userID.rawValue), .text(name)])
        }
        if let address = client?.address {
            try await database.execute(
                "INSERT INTO Session_Address (Session_ID, User_ID, Address) VALUES (?, ?, ?)",
                [.integer(id), .integer(userID.rawValue), .text(address)])
        }
        let sql = "SELECT Session_ID FROM Session WHERE User_ID = ? ORDER BY Session_ID"
        let rows = try await database.fetchAll(sql, [.integer(userID.rawValue)])
        let surplus = rows.prefix(max(0, rows.count - Self.maxPerUser))
        for row in surplus {
            try await database.execute(
                "DELETE FROM Session WHERE Session_ID = ?", [.integer(try row.integer("Session_ID"))])
        }
        return !surplus.isEmpty
    }

    private static let select = """
        SELECT S.Session_ID, S.Token_Hash, S.User_ID, S.Created_Date, S.Expires_Date, T.Confirmed_Date, T.Used_Date, \
        F.Confirmed_Date AS Factor_Date FROM Session S LEFT JOIN Session_State T ON T.Session_ID = S.Session_ID \
        LEFT JOIN Second_Factor F ON F.User_ID = S.User_ID
        """

    /// The session of a token with its user; expired ones and those of suspended users excepted.
    func find(tokenHash: String, date: Timestamp) async throws -> SignedInSession? {
        let sql = "\(Self.select) WHERE S.Token_Hash = ? AND S.Expires_Date > ?"
        return try await session(sql, [.text(tokenHash), .timestamp(date)])
    }

    /// The same, by its number.
    func find(_ id: Int64, date: Timestamp) async throws -> SignedInSession? {
        let sql = "\(Self.select) WHERE S.Session_ID = ? AND S.Expires_Date > ?"
        return try await session(sql, [.integer(id), .timestamp(date)])
    }

    private func session(_ sql: String, _ parameters: [SQLValue]) async throws -> SignedInSession? {
        guard let row = try await database.fetchOne(sql, parameters), let userID = UserID(try row.integer("User_ID")),
            let user = try await UserRepository(database).find(userID), user.isActive
        else { return nil }
        return SignedInSession(
            id: try row.integer("Session_ID"), tokenHash: try row.text("Token_Hash"), user: user,
            createdAt: try row.timestamp("Created_Date"), expiresAt: try row.timestamp("Expires_Date"),
            confirmedAt: try row.optionalTimestamp("Confirmed_Date"), usedAt: try row.optionalTimestamp("Used_Date"),
            hasSecondFactor: try row.optionalTimestamp("Factor_Date") != nil)
    }

    /// Gives a session another token; the old one is no longer good.
    func renew(_ session: SignedInSession, _ token: SessionToken) async throws {
        let sql = "UPDATE Session SET Token_Hash = ? WHERE Session_ID = ?"
        try await database.execute(sql, [.text(token.hash), .integer(session.id)])
    }

    /// Records that the password was confirmed.
    func setConfirmed(_ session: SignedInSession, date: Timestamp) async throws {
        try await setState("Confirmed_Date", of: session, date: date)
    }

    /// Writes down that the session was used.
    func setUsed(_ session: SignedInSession, date: Timestamp) async throws {
        try await setState("Used_Date", of: session, date: date)
    }

    private func setState(_ column: Identifier, of session: SignedInSession, date: Timestamp) async throws {
        let update = "UPDATE Session_State SET \(column) = ? WHERE Session_ID = ?"
        guard try await database.execute(update, [.timestamp(date), .integer(session.id)]).changes == 0 else { return }
        try await database.execute(
            "INSERT INTO Session_State (Session_ID, User_ID, \(column)) VALUES (?, ?, ?)",
            [.integer(session.id), .integer(session.user.id.rawValue), .timestamp(date)])
    }

    /// A session as its user sees it.
    struct Summary: Sendable {
        let id: Int64
        let createdAt: Timestamp
        let expiresAt: Timestamp
        let usedAt: Timestamp?
        /// As ``Client/name``; nil for a session from before it was kept.
        let client: String?
        /// Where it began; null for a session from before this was recorded.
        let address: String?
    }

    /// A user's valid sessions, newest first.
    /// - Parameter before: only smaller numbers; nil to start at the newest.
    func list(
        of userID: UserID, before: Int64? = nil, limit: Int = maxPerUser, date: Timestamp
    ) async throws -> [Summary] {
        let sql = """
            SELECT S.Session_ID, S.Created_Date, S.Expires_Date, C.Client, A.Address, T.Used_Date FROM Session S \
            LEFT JOIN Session_Client C ON C.Session_ID = S.Session_ID \
            LEFT JOIN Session_Address A ON A.Session_ID = S.Session_ID \
            LEFT JOIN Session_State T ON T.Session_ID = S.Session_ID \
            WHERE S.User_ID = ? AND S.Expires_Date > ? AND S.Session_ID < ? \
            ORDER BY S.Session_ID DESC \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] = [
            .integer(userID.rawValue), .timestamp(date), .integer(before ?? .max), .integer(Int64(limit)),
        ]
        return try await database.fetchAll(sql, parameters).map {
            Summary(
                id: try $0.integer("Session_ID"), createdAt: try $0.timestamp("Created_Date"),
                expiresAt: try $0.timestamp("Expires_Date"), usedAt: try $0.optionalTimestamp("Used_Date"),
                client: try $0.optionalText("Client"), address: try $0.optionalText("Address"))
        }
    }

    /// Ends one session of a user.
    /// - Returns: whether there was one.
    func delete(_ id: Int64, of userID: UserID) async throws -> Bool {
        let sql = "DELETE FROM Session WHERE Session_ID = ? AND User_ID = ?"
        return try await database.execute(sql, [.integer(id), .integer(userID.rawValue)]).changes > 0
    }

    func delete(_ id: Int64) async throws {
        try await database.execute("DELETE FROM Session WHERE Session_ID = ?", [.integer(id)])
    }

    /// Ends all sessions of a user, except one if given.
    /// - Returns: how many there were.
    @discardableResult
    func deleteAll(of userID: UserID, except id: Int64? = nil) async throws -> Int {
        try await database.execute(
            "DELETE FROM Session WHERE User_ID = ? AND Session_ID <> ?",
            [.integer(userID.rawValue), .integer(id ?? 0)]
        ).changes
    }

    /// Removes expired sessions, and leftovers of ended ones.
    func deleteExpired(date: Timestamp) async throws {
        try await database.execute("DELETE FROM Session WHERE Expires_Date <= ?", [.timestamp(date)])
        for table in [Self.clients.name, Self.addresses.name, Self.states.name] {
            try await database.execute(
                "DELETE FROM \(table) WHERE NOT EXISTS (SELECT 1 FROM Session S WHERE S.Session_ID = \(table).Session_ID)"
            )
        }
    }
}
