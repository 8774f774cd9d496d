public import Tenancy

/// The rows of `Invitation`: each allows one registration. Only a code's hash is stored.
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

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// An invitation as the operator sees it.
    public struct Summary: Sendable {
        public let id: Int64
        public let email: String?
        public let createdAt: Timestamp
        public let expiresAt: Timestamp
        /// Also nil if the user who used it was removed.
        public let usedBy: Int64?
        public let isUsed: Bool
    }

    /// Creates an invitation; call in a transaction.
    /// - Parameters:
    ///   - code: what the invited person must enter.
    ///   - email: the only address that it is valid for; nil for any.
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
    /// - Parameter before: only those numbered below it; nil for the start.
    public func list(before: Int64?, limit: Int) async throws -> [Summary] {
        let sql = """
            SELECT I.Invitation_ID, I.Email, I.Created_Date, I.Expires_Date, I.Used_Date, U.User_ID AS Used_User_ID \
            FROM Invitation I LEFT JOIN Users U ON U.User_ID = I.Used_User_ID WHERE I.Invitation_ID < ? \
            ORDER BY I.Invitation_ID DESC \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(before ?? .max), .integer(Int64(limit))]).map {
            let usedBy = try $0.optionalInteger("Used_User_ID")
            return Summary(
                id: try $0.integer("Invitation_ID"), email: try $0.optionalText("Email"),
                createdAt: try $0.timestamp("Created_Date"), expiresAt: try $0.timestamp("Expires_Date"),
                usedBy: usedBy, isUsed: try usedBy != nil || $0.optionalTimestamp("Used_Date") != nil)
        }
    }

    /// How many ``list(before:limit:)`` would return without a limit.
    public func count(before: Int64?) async throws -> Int {
        let sql = "SELECT COUNT(*) AS Number FROM Invitation WHERE Invitation_ID < ?"
        return Int(try await database.fetchOne(sql, [.integer(before ?? .max)])?.integer("Number") ?? 0)
    }

    /// Revokes an unused invitation; call in a transaction.
    /// - Returns: false if there is no such invitation.
    public func delete(_ id: Int64, date: Timestamp) async throws -> Bool {
        let sql = "SELECT Used_User_ID FROM Invitation WHERE Invitation_ID = ? AND Used_Date IS NULL"
        guard let row = try await database.fetchOne(sql, [.integer(id)]),
            case let holder = try row.optionalInteger("Used_User_ID"), try await !exists(holder)
        else { return false }
        let (condition, value) = Self.condition(holder)
        let result = try await database.execute(
            "DELETE FROM Invitation WHERE Invitation_ID = ? AND Used_Date IS NULL AND \(condition)",
            [.integer(id)] + value)
        guard result.changes > 0 else { return false }
        try await AuditLog(database).append("invitation.revoke", actor: nil, userID: nil, detail: "\(id)", date: date)
        return true
    }

    /// Whether a code is good for an account with this address now.
    func isGood(_ code: String, for email: String, date: Timestamp) async throws -> Bool {
        try await holder(of: code, for: email, date: date) != nil
    }

    /// Takes an invitation for a user, in the transaction that inserts the user; one of two concurrent attempts is
    /// refused.
    ///
    /// It stays taken as long as that user exists. So a failed registration returns it by removing its user, and one
    /// that was interrupted and completed later has used it, although ``use(_:for:date:)`` was not called.
    /// - Throws: ``Problem`` `invitation_invalid` (403).
    func take(_ code: String, for user: UserAccount, date: Timestamp) async throws {
        guard let holder = try await holder(of: code, for: user.email, date: date) else {
            throw Problem.invitationInvalid
        }
        let (condition, value) = Self.condition(holder)
        let result = try await database.execute(
            "UPDATE Invitation SET Used_User_ID = ? WHERE Token_Hash = ? AND Used_Date IS NULL AND \(condition)",
            [.integer(user.id.rawValue), .text(SessionToken(text: code).hash)] + value)
        guard result.changes == 1 else { throw Problem.invitationInvalid }
    }

    /// Records the use of an invitation, in the transaction that lets the user sign in.
    /// - Throws: ``Problem`` `invitation_invalid` (403) if it was not taken for this user, or was revoked.
    func use(_ code: String, for user: UserAccount, date: Timestamp) async throws {
        let result = try await database.execute(
            "UPDATE Invitation SET Used_Date = ? WHERE Token_Hash = ? AND Used_Date IS NULL AND Used_User_ID = ?",
            [.timestamp(date), .text(SessionToken(text: code).hash), .integer(user.id.rawValue)])
        guard result.changes == 1 else { throw Problem.invitationInvalid }
        try await AuditLog(database).append("invitation.use", actor: user.id, userID: user.id, date: date)
    }

    /// - Returns: nil if the code is invalid; otherwise the removed user for whom it was once taken, or nil for none.
    private func holder(of code: String, for email: String, date: Timestamp) async throws -> Int64?? {
        let sql = """
            SELECT Email, Used_User_ID FROM Invitation WHERE Token_Hash = ? AND Used_Date IS NULL AND Expires_Date > ?
            """
        guard let row = try await database.fetchOne(sql, [.text(SessionToken(text: code).hash), .timestamp(date)])
        else { return nil }
        if let bound = try row.optionalText("Email").map(EmailAddress.normalForm),
            bound != EmailAddress.normalForm(of: email)
        {
            return nil
        }
        let holder = try row.optionalInteger("Used_User_ID")
        return try await exists(holder) ? nil : .some(holder)
    }

    /// Compares with the value read before: if two users found it free, the second finds it changed.
    private static func condition(_ holder: Int64?) -> (sql: String, value: [SQLValue]) {
        holder.map { ("Used_User_ID = ?", [.integer($0)]) } ?? ("Used_User_ID IS NULL", [])
    }

    /// User numbers are never reused.
    private func exists(_ userID: Int64?) async throws -> Bool {
        guard let userID = userID.flatMap({ UserID($0) }) else { return false }
        return try await UserRepository(database).find(userID) != nil
    }
}

/// Makes the code of an invitation: 32 random bytes in base64url.
public enum InvitationCode {
    public static func random() -> String { SessionToken.random().text }
}
