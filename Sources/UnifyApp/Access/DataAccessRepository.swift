internal import Tenancy

/// The rows of `Data_Access`: kept for good, since users may read who read their data.
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

    private static let columns = "Access_ID, User_ID, Actor_ID, Reason, Created_Date, Expires_Date"
    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    func insert(
        _ token: SessionToken, to userID: UserID, by actorID: UserID, reason: String, date: Timestamp
    ) async throws -> DataAccess {
        let end = date.adding(DataAccess.lifetime)
        let id = try await database.insert(
            into: Self.table.name,
            [
                "Token_Hash": .text(token.hash), "User_ID": .integer(userID.rawValue),
                "Actor_ID": .integer(actorID.rawValue), "Reason": .text(reason), "Created_Date": .timestamp(date),
                "Expires_Date": .timestamp(end),
            ], identity: "Access_ID")
        return DataAccess(
            id: id, userID: userID, actorID: actorID, reason: reason, createdAt: date, expiresAt: end)
    }

    /// The access of a token, where it has not ended.
    func find(tokenHash: String, date: Timestamp) async throws -> DataAccess? {
        let sql = "SELECT \(Self.columns) FROM Data_Access WHERE Token_Hash = ? AND Expires_Date > ?"
        return try await database.fetchOne(sql, [.text(tokenHash), .timestamp(date)]).map(Self.access)
    }

    /// The accesses to a user's data, newest first, those numbered below `before` where it is given.
    func list(of userID: UserID, before: Int64?, limit: Int) async throws -> [DataAccess] {
        let sql = """
            SELECT \(Self.columns) FROM Data_Access WHERE User_ID = ? AND Access_ID < ? \
            ORDER BY Access_ID DESC \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] = [.integer(userID.rawValue), .integer(before ?? .max), .integer(Int64(limit))]
        return try await database.fetchAll(sql, parameters).map(Self.access)
    }

    private static func access(_ row: Row) throws -> DataAccess {
        guard let userID = UserID(try row.integer("User_ID")), let actorID = UserID(try row.integer("Actor_ID")) else {
            throw TenancyError(.unexpectedValue, "A row of Data_Access holds numbers that are no users'.")
        }
        return DataAccess(
            id: try row.integer("Access_ID"), userID: userID, actorID: actorID, reason: try row.text("Reason"),
            createdAt: try row.timestamp("Created_Date"), expiresAt: try row.timestamp("Expires_Date"))
    }
}
