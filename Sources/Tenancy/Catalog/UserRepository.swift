/// The rows of `Users`.
public struct UserRepository: Sendable {
    private static let columns = "User_ID, Username, Email, Is_Admin, Is_Active, Deleted_Date, Created_Date"
    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Adds a user.
    /// - Throws: ``TenancyError`` `uniqueViolation` if the username or the email address is taken.
    public func insert(
        username: String, email: String, passwordHash: String?, isAdmin: Bool = false, date: Timestamp
    ) async throws -> UserAccount {
        let id = try await database.insert(
            into: "Users",
            [
                "Username": .text(username), "Email": .text(email), "Password_Hash": .optionalText(passwordHash),
                "Is_Admin": .boolean(isAdmin), "Is_Active": true, "Created_Date": .timestamp(date),
            ], identity: "User_ID")
        guard let userID = UserID(id) else { throw TenancyError(.internalFailure, "The new user got the id \(id).") }
        return UserAccount(
            id: userID, username: username, email: email, isAdmin: isAdmin, isActive: true, deletedAt: nil,
            createdAt: date)
    }

    public func find(_ id: UserID) async throws -> UserAccount? {
        let sql = "SELECT \(Self.columns) FROM Users WHERE User_ID = ?"
        return try await database.fetchOne(sql, [.integer(id.rawValue)]).map(Self.account)
    }

    public func find(username: String) async throws -> UserAccount? {
        let sql = "SELECT \(Self.columns) FROM Users WHERE Username = ?"
        return try await database.fetchOne(sql, [.text(username)]).map(Self.account)
    }

    /// Usernames by id; unknown ids are left out.
    /// - Parameter ids: at most one page of ids.
    public func names(of ids: Set<UserID>) async throws -> [UserID: String] {
        guard !ids.isEmpty else { return [:] }
        let marks = SQLStatement.marks(ids.count)
        let sql = "SELECT User_ID, Username FROM Users WHERE User_ID IN (\(marks))"
        return try await database.fetchAll(sql, ids.map { .integer($0.rawValue) }).reduce(into: [:]) { names, row in
            if let id = UserID(try row.integer("User_ID")) { names[id] = try row.text("Username") }
        }
    }

    /// The user and password hash, by username.
    public func findForSignIn(username: String) async throws -> (UserAccount, passwordHash: String?)? {
        try await findForSignIn("Username = ?", [.text(username)])
    }

    /// The user and password hash, by another condition on `Users`.
    package func findForSignIn(
        _ condition: String, _ parameters: [SQLValue]
    ) async throws -> (UserAccount, passwordHash: String?)? {
        let sql = "SELECT \(Self.columns), Password_Hash FROM Users WHERE \(condition)"
        return try await database.fetchOne(sql, parameters).map {
            (try Self.account($0), try $0.optionalText("Password_Hash"))
        }
    }

    public func passwordHash(of id: UserID) async throws -> String? {
        let sql = "SELECT Password_Hash FROM Users WHERE User_ID = ?"
        return try await database.fetchOne(sql, [.integer(id.rawValue)])?.optionalText("Password_Hash")
    }

    /// Whether any user's hash has this prefix.
    /// - Parameter prefix: without `%` and `_`.
    public func hasPasswordHash(beginningWith prefix: String) async throws -> Bool {
        let sql = "SELECT COUNT(*) AS Number FROM Users WHERE Password_Hash LIKE ?"
        return try await database.fetchOne(sql, [.text(prefix + "%")])?.integer("Number") ?? 0 > 0
    }

    /// Replaces a hash by another one of the same password, unless the password has changed since.
    /// - Returns: whether it was replaced.
    @discardableResult
    public func replacePasswordHash(_ old: String, by new: String, of id: UserID) async throws -> Bool {
        let sql = "UPDATE Users SET Password_Hash = ? WHERE User_ID = ? AND Password_Hash = ?"
        return try await database.execute(sql, [.text(new), .integer(id.rawValue), .text(old)]).changes > 0
    }

    /// The status of an account.
    public enum AccountStatus: String, Sendable, CaseIterable {
        case active, suspended, deleted, administrator
        case withoutDatabase = "without-database"

        fileprivate var condition: (sql: String, parameters: [SQLValue]) {
            switch self {
            case .active: ("Is_Active = ?", [true])
            case .suspended: ("Is_Active = ? AND Deleted_Date IS NULL", [false])
            case .deleted: ("Deleted_Date IS NOT NULL", [])
            case .administrator: ("Is_Admin = ?", [true])
            case .withoutDatabase:
                (
                    "NOT EXISTS (SELECT 1 FROM User_Database_Config C WHERE C.User_ID = Users.User_ID)", []
                )
            }
        }
    }

    /// Users ordered by id.
    /// - Parameters:
    ///   - after: only greater ids; 0 to start.
    ///   - matching: only users whose name or email address contains this text, or whose number it is; nil for all.
    ///   - status: only users with this status; nil for all.
    public func list(
        after: Int64, limit: Int, matching: String? = nil, status: AccountStatus? = nil
    ) async throws -> [UserAccount] {
        let (condition, parameters) = condition(after: after, matching: matching, status: status)
        let sql = """
            SELECT \(Self.columns) FROM Users WHERE \(condition) ORDER BY User_ID \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.account)
    }

    private static let isUnready = """
        Deleted_Date IS NULL AND NOT EXISTS (SELECT 1 FROM User_Database_Config C \
        WHERE C.User_ID = Users.User_ID AND C.State IN ('active', 'suspended'))
        """

    /// Users who should have a database and have none, or whose database was never finished.
    public func listUnready(after: Int64, limit: Int) async throws -> [UserAccount] {
        let sql = """
            SELECT \(Self.columns) FROM Users WHERE User_ID > ? AND \(Self.isUnready) ORDER BY User_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(after), .integer(Int64(limit))]).map(Self.account)
    }

    public func countUnready() async throws -> Int {
        let row = try await database.fetchOne("SELECT COUNT(*) AS Number FROM Users WHERE \(Self.isUnready)")
        return Int(try row?.integer("Number") ?? 0)
    }

    /// How many users ``list(after:limit:matching:status:)`` would return without a limit.
    public func count(after: Int64, matching: String? = nil, status: AccountStatus? = nil) async throws -> Int {
        let (condition, parameters) = condition(after: after, matching: matching, status: status)
        let row = try await database.fetchOne("SELECT COUNT(*) AS Number FROM Users WHERE \(condition)", parameters)
        return Int(try row?.integer("Number") ?? 0)
    }

    private func condition(
        after: Int64, matching: String?, status: AccountStatus?
    ) -> (sql: String, parameters: [SQLValue]) {
        var result: (sql: String, parameters: [SQLValue]) = ("User_ID > ?", [.integer(after)])
        let conditions = [
            matching.map { Self.condition(matching: $0, number: "User_ID", database.dialect) }, status?.condition,
        ]
        for case (let condition, let values)? in conditions {
            result.sql += " AND \(condition)"
            result.parameters += values
        }
        return result
    }

    /// A condition on `Users`: the name or email address contains a text, or the number equals it.
    /// - Parameter number: the column that holds the number.
    static func condition(
        matching text: String, number: String, _ dialect: any Dialect
    ) -> (sql: String, parameters: [SQLValue]) {
        let pattern = SQLValue.text(dialect.pattern(containing: text))
        var sql = "\(dialect.contains("Username")) OR \(dialect.contains("Email"))"
        var parameters = [pattern, pattern]
        if let id = Int64(text) {
            sql += " OR \(number) = ?"
            parameters.append(.integer(id))
        }
        return ("(\(sql))", parameters)
    }

    /// - Throws: ``TenancyError`` `uniqueViolation` if another user has the name.
    public func setUsername(_ username: String, of id: UserID) async throws {
        try await update(id, "Username = ?", [.text(username)])
    }

    /// - Throws: ``TenancyError`` `uniqueViolation` if another user has the address.
    public func setEmail(_ email: String, of id: UserID) async throws {
        try await update(id, "Email = ?", [.text(email)])
    }

    public func setPasswordHash(_ hash: String, of id: UserID) async throws {
        try await update(id, "Password_Hash = ?", [.text(hash)])
    }

    /// - Returns: whether this changed anything.
    public func setAdmin(_ isAdmin: Bool, of id: UserID) async throws -> Bool {
        let sql = "UPDATE Users SET Is_Admin = ? WHERE User_ID = ? AND Is_Admin <> ?"
        let result = try await database.execute(
            sql, [.boolean(isAdmin), .integer(id.rawValue), .boolean(isAdmin)])
        guard result.changes == 0 else { return true }
        guard try await find(id) != nil else {
            throw TenancyError(.userNotFound, "There is no user \(id).", userID: id)
        }
        return false
    }

    public func setActive(_ isActive: Bool, of id: UserID) async throws {
        try await update(id, "Is_Active = ?", [.boolean(isActive)])
    }

    /// Deletes a user or brings them back.
    /// - Parameters:
    ///   - date: nil to bring them back.
    ///   - isSuspended: whether a user who is brought back is suspended.
    public func setDeleted(_ date: Timestamp?, of id: UserID, isSuspended: Bool = false) async throws {
        try await update(
            id, "Deleted_Date = ?, Is_Active = ?",
            [.optionalTimestamp(date), .boolean(date == nil && !isSuspended)])
    }

    /// Remembers whether a user who is about to be deleted is suspended. Locks the user's row.
    public func rememberSuspension(of id: UserID) async throws {
        try await lock(id)
        guard let user = try await find(id), user.deletedAt == nil else { return }
        try await update(id, "Was_Suspended = ?", [.boolean(!user.isActive)])
    }

    /// Whether a deleted user was suspended before.
    public func wasSuspended(_ id: UserID) async throws -> Bool {
        let row = try await database.fetchOne(
            "SELECT Was_Suspended FROM Users WHERE User_ID = ? AND Deleted_Date IS NOT NULL", [.integer(id.rawValue)])
        return try row?.boolean("Was_Suspended") ?? false
    }

    /// Locks the user's row until the transaction ends, so that concurrent transactions about one user run one after
    /// the other.
    public func lock(_ id: UserID) async throws {
        try await database.execute(
            "UPDATE Users SET Is_Active = Is_Active WHERE User_ID = ?", [.integer(id.rawValue)])
    }

    /// Users who were deleted before a date, ordered by id.
    func deleted(before date: Timestamp, after: Int64, limit: Int) async throws -> [UserID] {
        let sql = """
            SELECT User_ID FROM Users WHERE Deleted_Date < ? AND User_ID > ? ORDER BY User_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.timestamp(date), .integer(after), .integer(Int64(limit))])
            .compactMap { UserID(try $0.integer("User_ID")) }
    }

    /// Overwrites the user's password hash and administrator flag.
    func shred(_ id: UserID) async throws { try await update(id, "Password_Hash = ?, Is_Admin = ?", [nil, false]) }

    func delete(_ id: UserID) async throws {
        try await database.execute("DELETE FROM Users WHERE User_ID = ?", [.integer(id.rawValue)])
    }

    /// The number of administrators that can act, not counting this user.
    public func otherActiveAdmins(than id: UserID) async throws -> Int {
        let sql = "SELECT COUNT(*) AS Number FROM Users WHERE Is_Admin = ? AND Is_Active = ? AND User_ID <> ?"
        let row = try await database.fetchOne(sql, [true, true, .integer(id.rawValue)])
        return Int(try row?.integer("Number") ?? 0)
    }

    public func count() async throws -> Int {
        Int(try await database.fetchOne("SELECT COUNT(*) AS Number FROM Users")?.integer("Number") ?? 0)
    }

    private func update(_ id: UserID, _ assignments: String, _ parameters: [SQLValue]) async throws {
        let sql = "UPDATE Users SET \(assignments) WHERE User_ID = ?"
        let result = try await database.execute(sql, parameters + [.integer(id.rawValue)])
        guard result.changes > 0 else {
            throw TenancyError(.userNotFound, "There is no user \(id).", userID: id)
        }
    }

    private static func account(_ row: Row) throws -> UserAccount {
        guard let id = UserID(try row.integer("User_ID")) else {
            throw TenancyError(.unexpectedValue, "A row of Users has an id below 1.")
        }
        return UserAccount(
            id: id, username: try row.text("Username"), email: try row.text("Email"),
            isAdmin: try row.boolean("Is_Admin"), isActive: try row.boolean("Is_Active"),
            deletedAt: try row.optionalTimestamp("Deleted_Date"), createdAt: try row.timestamp("Created_Date"))
    }
}
