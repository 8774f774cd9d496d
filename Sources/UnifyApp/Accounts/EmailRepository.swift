public import Tenancy

/// The rows of `User_Email`: each user's address in its ``EmailAddress/normalForm(of:)``. It is unique on every
/// engine alike, and its user signs in by it.
///
/// Users who already shared an address keep it: `Duplicate_ID` is 0 for the one who registered first, and the user's
/// own number for the others, who sign in by username.
///
/// A row without a user, left by a failed registration, has no effect; user numbers are never reused.
public struct EmailRepository: Sendable {
    static let table = TableDefinition(
        "User_Email",
        columns: [
            ColumnDefinition("User_ID", .integer).primaryKey,
            ColumnDefinition("Normal_Email", .text(maxLength: EmailAddress.maxLength)).required,
            ColumnDefinition("Duplicate_ID", .integer).required.defaulting(to: 0),
        ]
    )
    .indexedUniquely("Normal_Email", "Duplicate_ID")

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// - Throws: ``TenancyError`` `uniqueViolation` if another user has the address.
    func insert(_ email: String, of userID: UserID, isDuplicate: Bool = false) async throws {
        try await dropLeftovers(of: email)
        let id = SQLValue.integer(userID.rawValue)
        try await database.execute(
            "INSERT INTO User_Email (User_ID, Normal_Email, Duplicate_ID) VALUES (?, ?, ?)",
            [id, .text(Self.key(email)), isDuplicate ? id : 0])
    }

    /// Changes a user's address.
    /// - Throws: ``TenancyError`` `uniqueViolation` if another user has it.
    func replace(_ email: String, of userID: UserID) async throws {
        try await database.execute("DELETE FROM User_Email WHERE User_ID = ?", [.integer(userID.rawValue)])
        try await insert(email, of: userID)
    }

    /// Whether an address is taken, in any spelling.
    /// - Parameter userID: a user who may have it.
    func isTaken(_ email: String, except userID: UserID? = nil) async throws -> Bool {
        let sql = """
            SELECT U.User_ID FROM User_Email E JOIN Users U ON U.User_ID = E.User_ID \
            WHERE E.Normal_Email = ? AND E.User_ID <> ? UNION \
            SELECT User_ID FROM Users WHERE Email = ? AND User_ID <> ?
            """
        let other = SQLValue.integer(userID?.rawValue ?? 0)
        return try await database.fetchOne(
            sql, [.text(Self.key(email)), other, .text(EmailAddress.stored(email)), other]) != nil
    }

    /// The user with this address, in any spelling.
    public func find(_ email: String) async throws -> UserAccount? { try await findForSignIn(email)?.0 }

    /// The user with this address, and their password hash. One statement, whether or not the user exists.
    func findForSignIn(_ email: String) async throws -> (UserAccount, passwordHash: String?)? {
        let condition = """
            User_ID = COALESCE((SELECT MIN(E.User_ID) FROM User_Email E JOIN Users V ON V.User_ID = E.User_ID WHERE E.Normal_Email = ?), \
            (SELECT MIN(O.User_ID) FROM Users O WHERE O.Email = ?))
            """
        let found = try await UserRepository(database).findForSignIn(
            condition, [.text(Self.key(email)), .text(EmailAddress.stored(email))])
        // An engine may also match addresses that only look alike to it, so compare again.
        return found.flatMap { Self.key($0.0.email) == Self.key(email) ? $0 : nil }
    }

    /// A user who shares an address with someone who registered earlier.
    public struct Duplicate: Sendable {
        public let userID: UserID
        public let normalForm: String
    }

    /// In the order of their numbers.
    public func duplicates(limit: Int) async throws -> [Duplicate] {
        let sql = """
            SELECT User_ID, Normal_Email FROM User_Email WHERE Duplicate_ID <> 0 ORDER BY User_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(Int64(limit))]).compactMap { row in
            guard let userID = UserID(try row.integer("User_ID")) else { return nil }
            return Duplicate(userID: userID, normalForm: try row.text("Normal_Email"))
        }
    }

    /// Users without a row: from before there were any, or created by an older version of this program.
    func missing(limit: Int) async throws -> [(userID: UserID, email: String)] {
        let sql = """
            SELECT U.User_ID, U.Email FROM Users U WHERE NOT EXISTS \
            (SELECT 1 FROM User_Email E WHERE E.User_ID = U.User_ID) ORDER BY U.User_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(Int64(limit))]).compactMap { row in
            guard let userID = UserID(try row.integer("User_ID")) else { return nil }
            return (userID, try row.text("Email"))
        }
    }

    /// Removes the rows of users who no longer exist.
    func deleteLeftovers() async throws {
        try await database.execute("DELETE FROM User_Email WHERE \(Self.isLeftover)")
    }

    /// Checked first: on MySQL, a DELETE that matches nothing still blocks concurrent inserts.
    private func dropLeftovers(of email: String) async throws {
        let condition = "Normal_Email = ? AND \(Self.isLeftover)"
        let key = SQLValue.text(Self.key(email))
        guard try await database.fetchOne("SELECT User_ID FROM User_Email WHERE \(condition)", [key]) != nil else {
            return
        }
        try await database.execute("DELETE FROM User_Email WHERE \(condition)", [key])
    }

    private static let isLeftover = "NOT EXISTS (SELECT 1 FROM Users U WHERE U.User_ID = User_Email.User_ID)"

    /// An old address may be longer in its normal form than a new one may be.
    private static func key(_ email: String) -> String {
        EmailAddress.normalForm(of: email).truncated(toUTF16: EmailAddress.maxLength)
    }
}
