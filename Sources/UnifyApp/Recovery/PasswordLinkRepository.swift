internal import Tenancy

/// The rows of `Password_Link`: at most one link for each user, which sets a new password once. Only the token's hash
/// is stored.
struct PasswordLinkRepository: Sendable {
    static let lifetime: Duration = .seconds(3600)

    static let table = TableDefinition(
        "Password_Link",
        columns: [
            ColumnDefinition("User_ID", .integer).primaryKey,
            ColumnDefinition("Token_Hash", .text(maxLength: 64)).required.unique,
            ColumnDefinition("Expires_Date", .timestamp).required,
        ])

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    /// Puts a link in the place of the one that the user may have.
    func replace(_ token: SessionToken, of userID: UserID, expires: Timestamp) async throws {
        _ = try await delete(of: userID)
        try await database.execute(
            "INSERT INTO Password_Link (User_ID, Token_Hash, Expires_Date) VALUES (?, ?, ?)",
            [.integer(userID.rawValue), .text(token.hash), .timestamp(expires)])
    }

    /// The user of a link; nil if it has ended.
    func find(_ token: SessionToken, date: Timestamp) async throws -> UserAccount? {
        let sql = "SELECT User_ID FROM Password_Link WHERE Token_Hash = ? AND Expires_Date > ?"
        guard let row = try await database.fetchOne(sql, [.text(token.hash), .timestamp(date)]),
            let userID = UserID(try row.integer("User_ID")),
            let user = try await UserRepository(database).find(userID), user.isActive
        else { return nil }
        return user
    }

    /// Uses a link up.
    /// - Returns: whether it existed: if two requests use it at once, the second finds it gone.
    func use(_ token: SessionToken, date: Timestamp) async throws -> Bool {
        let sql = "DELETE FROM Password_Link WHERE Token_Hash = ? AND Expires_Date > ?"
        return try await database.execute(sql, [.text(token.hash), .timestamp(date)]).changes > 0
    }

    /// - Returns: whether the user had one.
    @discardableResult
    func delete(of userID: UserID) async throws -> Bool {
        let sql = "DELETE FROM Password_Link WHERE User_ID = ?"
        return try await database.execute(sql, [.integer(userID.rawValue)]).changes > 0
    }

    func deleteExpired(date: Timestamp) async throws {
        try await database.execute("DELETE FROM Password_Link WHERE Expires_Date <= ?", [.timestamp(date)])
    }
}
