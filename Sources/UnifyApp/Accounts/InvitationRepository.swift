public import Tenancy

/// The rows of `Invitation`: leave to make one account each. Of a code only its hash is stored.
public struct InvitationRepository: Sendable {
    static let table = TableDefinition(
        "Invitation",
        columns: [
            ColumnDefinition("Invitation_ID", .identity),
            ColumnDefinition("Token_Hash", .text(maxLength: 64)).required.unique,
            ColumnDefinition("Email", .text(maxLength: AccountRules.maxEmail)),
            ColumnDefinition("Created_Date", .timestamp).required,
            ColumnDefinition("Expires_Date", .timestamp).required,
            ColumnDefinition("Used_Date", .timestamp),
            ColumnDefinition("Used_User_ID", .integer),
        ])

    /// Invitations that are listed.
    public static let maxListed = 1000

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// An invitation as the operator sees it.
    public struct Summary: Sendable {
        public let id: Int64
        public let email: String?
        public let createdAt: Timestamp
        public let expiresAt: Timestamp
        public let usedBy: Int64?
    }

    /// Makes an invitation, to be called in a transaction.
    /// - Parameters:
    ///   - code: what whoever registers must show.
    ///   - email: the only address that it is good for; nil for any.
    /// - Returns: its number.
    public func insert(_ code: String, email: String?, date: Timestamp, expires: Timestamp) async throws -> Int64 {
        let id = try await database.insert(
            into: Self.table.name,
            [
                "Token_Hash": .text(SessionToken(text: code).hash), "Email": .optionalText(email),
                "Created_Date": .timestamp(date), "Expires_Date": .timestamp(expires),
            ], identity: "Invitation_ID")
        try await AuditLog(database).append(
            "invitation.create", actor: nil, userID: nil, detail: "\(id)\(email.map { " for \($0)" } ?? "")", date: date
        )
        return id
    }

    /// The newest ones, used and expired ones too.
    public func list() async throws -> [Summary] {
        let sql = """
            SELECT Invitation_ID, Email, Created_Date, Expires_Date, Used_User_ID FROM Invitation \
            ORDER BY Invitation_ID DESC \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(Int64(Self.maxListed))]).map {
            Summary(
                id: try $0.integer("Invitation_ID"), email: try $0.optionalText("Email"),
                createdAt: try $0.timestamp("Created_Date"), expiresAt: try $0.timestamp("Expires_Date"),
                usedBy: try $0.optionalInteger("Used_User_ID"))
        }
    }

    /// Revokes an invitation that nobody has used, to be called in a transaction.
    /// - Returns: false where there is no such one.
    public func delete(_ id: Int64, date: Timestamp) async throws -> Bool {
        let result = try await database.execute(
            "DELETE FROM Invitation WHERE Invitation_ID = ? AND Used_Date IS NULL", [.integer(id)])
        guard result.changes > 0 else { return false }
        try await AuditLog(database).append("invitation.revoke", actor: nil, userID: nil, detail: "\(id)", date: date)
        return true
    }

    /// Whether a code is good for an account with this address now.
    func isGood(_ code: String, for email: String, date: Timestamp) async throws -> Bool {
        let sql = "SELECT Email FROM Invitation WHERE Token_Hash = ? AND Used_Date IS NULL AND Expires_Date > ?"
        guard let row = try await database.fetchOne(sql, [.text(SessionToken(text: code).hash), .timestamp(date)])
        else {
            return false
        }
        return try row.optionalText("Email").map { $0.lowercased() == email.lowercased() } ?? true
    }

    /// Uses an invitation up, in the transaction that makes the user: of two at once one is refused.
    /// - Throws: ``Problem`` `invitation_invalid` (403).
    func use(_ code: String, for user: UserAccount, date: Timestamp) async throws {
        guard try await isGood(code, for: user.email, date: date) else { throw Problem.invitationInvalid }
        let result = try await database.execute(
            "UPDATE Invitation SET Used_Date = ?, Used_User_ID = ? WHERE Token_Hash = ? AND Used_Date IS NULL",
            [.timestamp(date), .integer(user.id.rawValue), .text(SessionToken(text: code).hash)])
        guard result.changes == 1 else { throw Problem.invitationInvalid }
        try await AuditLog(database).append("invitation.use", actor: user.id, userID: user.id, date: date)
    }

    /// Makes an invitation good again whose account could not be made.
    func release(_ code: String) async throws {
        try await database.execute(
            "UPDATE Invitation SET Used_Date = NULL, Used_User_ID = NULL WHERE Token_Hash = ? AND NOT EXISTS "
                + "(SELECT 1 FROM Users U WHERE U.User_ID = Invitation.Used_User_ID)",
            [.text(SessionToken(text: code).hash)])
    }
}

/// Makes the code of an invitation: 32 random bytes in base64url.
public enum InvitationCode {
    public static func random() -> String { SessionToken.random().text }
}
