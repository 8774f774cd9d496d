internal import Tenancy

/// The rows of `Pending_Sign_In`: users who entered the right password on a page but no code yet. The token in their
/// cookie allows completing the sign-in once.
struct PendingSignInRepository: Sendable {
    static let lifetime: Duration = .seconds(5 * 60)
    /// The most of one user at a time; the oldest go first.
    static let maxPerUser = 10

    static let table = TableDefinition(
        "Pending_Sign_In",
        columns: [
            ColumnDefinition("Pending_ID", .identity),
            ColumnDefinition("Token_Hash", .text(maxLength: 64)).required.unique,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Expires_Date", .timestamp).required,
        ]
    )
    .indexed("User_ID")
    .indexed("Expires_Date")

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    func insert(_ token: SessionToken, userID: UserID, date: Timestamp) async throws {
        let sql = "SELECT Pending_ID FROM Pending_Sign_In WHERE User_ID = ? ORDER BY Pending_ID"
        let known = try await database.fetchAll(sql, [.integer(userID.rawValue)])
        for row in known.prefix(max(0, known.count + 1 - Self.maxPerUser)) {
            try await database.execute(
                "DELETE FROM Pending_Sign_In WHERE Pending_ID = ?", [.integer(try row.integer("Pending_ID"))])
        }
        _ = try await database.insert(
            into: Self.table.name,
            [
                "Token_Hash": .text(token.hash), "User_ID": .integer(userID.rawValue),
                "Expires_Date": .timestamp(date.adding(Self.lifetime)),
            ], identity: "Pending_ID")
    }

    /// The user of a pending sign-in; nil if it has expired.
    func find(_ token: SessionToken, date: Timestamp) async throws -> UserAccount? {
        let sql = "SELECT User_ID FROM Pending_Sign_In WHERE Token_Hash = ? AND Expires_Date > ?"
        guard let row = try await database.fetchOne(sql, [.text(token.hash), .timestamp(date)]),
            let userID = UserID(try row.integer("User_ID")),
            let user = try await UserRepository(database).find(userID), user.isActive
        else { return nil }
        return user
    }

    /// - Returns: whether it existed.
    func delete(_ token: SessionToken) async throws -> Bool {
        try await database.execute("DELETE FROM Pending_Sign_In WHERE Token_Hash = ?", [.text(token.hash)]).changes > 0
    }

    /// Ends a user's pending sign-ins after a password change.
    /// - Returns: how many there were.
    @discardableResult
    func deleteAll(of userID: UserID) async throws -> Int {
        try await database.execute("DELETE FROM Pending_Sign_In WHERE User_ID = ?", [.integer(userID.rawValue)]).changes
    }

    func deleteExpired(date: Timestamp) async throws {
        try await database.execute("DELETE FROM Pending_Sign_In WHERE Expires_Date <= ?", [.timestamp(date)])
    }
}
