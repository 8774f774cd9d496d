package import Tenancy

/// The rows of `Session`.
package struct SessionRepository: Sendable {
    /// How long a session holds after signing in.
    static let lifetime: Duration = .seconds(14 * 24 * 3600)
    /// The most sessions of one user; the oldest end when there are more.
    static let maxPerUser = 100

    private let database: DatabaseHandle

    package init(_ database: DatabaseHandle) { self.database = database }

    /// What client a session is of. A table of its own: unlike another column, it can be made again where a migration was
    /// stopped half way.
    static let clients = TableDefinition(
        "Session_Client",
        columns: [
            ColumnDefinition("Session_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Client", .text(maxLength: Client.maxName)).required,
        ]
    )
    .indexed("User_ID")

    /// Starts a session and ends the user's surplus ones.
    /// - Returns: whether there were any.
    @discardableResult
    package func insert(
        _ token: SessionToken, userID: UserID, client: String? = nil, date: Timestamp
    ) async throws -> Bool {
        let id = try await database.insert(
            into: "Session",
            [
                "Token_Hash": .text(token.hash), "User_ID": .integer(userID.rawValue), "Created_Date": .timestamp(date),
                "Expires_Date": .timestamp(date.adding(Self.lifetime)),
            ], identity: "Session_ID")
        if let client {
            try await database.execute(
                "INSERT INTO Session_Client (Session_ID, User_ID, Client) VALUES (?, ?, ?)",
                [.integer(id), .integer(userID.rawValue), .text(client)])
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

    /// The session with its user, expired and suspended ones excepted.
    func find(tokenHash: String, date: Timestamp) async throws -> SignedInSession? {
        let sql = "SELECT Session_ID, User_ID, Expires_Date FROM Session WHERE Token_Hash = ? AND Expires_Date > ?"
        guard let row = try await database.fetchOne(sql, [.text(tokenHash), .timestamp(date)]),
            let userID = UserID(try row.integer("User_ID")),
            let user = try await UserRepository(database).find(userID), user.isActive
        else { return nil }
        return SignedInSession(
            id: try row.integer("Session_ID"), tokenHash: tokenHash, user: user,
            expiresAt: try row.timestamp("Expires_Date"))
    }

    /// A session as its user sees it.
    struct Summary: Sendable {
        let id: Int64
        let createdAt: Timestamp
        let expiresAt: Timestamp
        /// As ``Client/name``; nil for a session from before it was kept.
        let client: String?
    }

    /// A user's sessions that hold, newest first; at most ``maxPerUser``.
    func list(of userID: UserID, date: Timestamp) async throws -> [Summary] {
        let sql = """
            SELECT S.Session_ID, S.Created_Date, S.Expires_Date, C.Client FROM Session S \
            LEFT JOIN Session_Client C ON C.Session_ID = S.Session_ID \
            WHERE S.User_ID = ? AND S.Expires_Date > ? ORDER BY S.Session_ID DESC
            """
        return try await database.fetchAll(sql, [.integer(userID.rawValue), .timestamp(date)]).map {
            Summary(
                id: try $0.integer("Session_ID"), createdAt: try $0.timestamp("Created_Date"),
                expiresAt: try $0.timestamp("Expires_Date"), client: try $0.optionalText("Client"))
        }
    }

    /// Ends one session of a user.
    func delete(_ id: Int64, of userID: UserID) async throws {
        try await database.execute(
            "DELETE FROM Session WHERE Session_ID = ? AND User_ID = ?", [.integer(id), .integer(userID.rawValue)])
    }

    func delete(_ id: Int64) async throws {
        try await database.execute("DELETE FROM Session WHERE Session_ID = ?", [.integer(id)])
    }

    /// Ends all sessions of a user, one excepted where it is given.
    func deleteAll(of userID: UserID, except id: Int64? = nil) async throws {
        try await database.execute(
            "DELETE FROM Session WHERE User_ID = ? AND Session_ID <> ?",
            [.integer(userID.rawValue), .integer(id ?? 0)])
    }

    /// Removes expired sessions, and what is left of those that have ended in any way.
    func deleteExpired(date: Timestamp) async throws {
        try await database.execute("DELETE FROM Session WHERE Expires_Date <= ?", [.timestamp(date)])
        try await database.execute(
            "DELETE FROM Session_Client WHERE NOT EXISTS "
                + "(SELECT 1 FROM Session S WHERE S.Session_ID = Session_Client.Session_ID)")
    }
}
