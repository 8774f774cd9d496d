/// The rows of `Audit_Log`: who did what to whom.
public struct AuditLog: Sendable {
    public struct Entry: Sendable {
        public let id: Int64
        /// Who did it; nil for the system itself and for the operator's command.
        public let actor: UserID?
        public let action: String
        public let userID: UserID?
        public let detail: String?
        public let date: Timestamp
    }

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// - Parameter detail: at most 1,000 characters are kept; never a secret.
    public func append(
        _ action: String, actor: UserID?, userID: UserID?, detail: String? = nil, date: Timestamp
    ) async throws {
        _ = try await database.insert(
            into: "Audit_Log",
            [
                "Actor_ID": .optionalInteger(actor?.rawValue), "Action": .text(action),
                "User_ID": .optionalInteger(userID?.rawValue),
                "Detail": .optionalText(detail.map { String($0.prefix(1000)) }), "Created_Date": .timestamp(date),
            ], identity: "Audit_ID")
    }

    /// The newest entries, those numbered below `before` where it is given.
    public func list(before: Int64?, limit: Int) async throws -> [Entry] {
        let sql = """
            SELECT Audit_ID, Actor_ID, Action, User_ID, Detail, Created_Date FROM Audit_Log WHERE Audit_ID < ? \
            ORDER BY Audit_ID DESC \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(before ?? .max), .integer(Int64(limit))]).map { row in
            Entry(
                id: try row.integer("Audit_ID"), actor: try row.optionalInteger("Actor_ID").flatMap { UserID($0) },
                action: try row.text("Action"), userID: try row.optionalInteger("User_ID").flatMap { UserID($0) },
                detail: try row.optionalText("Detail"), date: try row.timestamp("Created_Date"))
        }
    }
}
