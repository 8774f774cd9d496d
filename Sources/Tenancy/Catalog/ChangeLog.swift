/// The rows of `Change_Log`: which users' configs, accounts or sessions changed. Other processes read them.
public struct ChangeLog: Sendable {
    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Records that a user changed. Call it in the transaction that changes the user.
    public func append(_ userID: UserID, date: Timestamp) async throws {
        try await append(userID.rawValue, date: date)
    }

    /// Records a change of the root keys or servers, or any other change that concerns no single user.
    package func appendKeyChange(date: Timestamp) async throws { try await append(Self.everybody, date: date) }

    /// The user number of rows that concern no single user.
    static let everybody: Int64 = 0

    private func append(_ userID: Int64, date: Timestamp) async throws {
        let sql = database.dialect.insert(into: "Change_Log", columns: ["User_ID", "Created_Date"], identity: nil)
        try await database.execute(sql, [.integer(userID), .timestamp(date)])
        database.mainContext?.noteChange()
        if let signal = database.dialect.changeSignal { try await database.execute(signal) }
    }

    func newest() async throws -> Int64 {
        try await database.fetchOne("SELECT MAX(Change_ID) AS Newest FROM Change_Log")?.optionalInteger("Newest") ?? 0
    }

    /// The rows numbered above `floor`, oldest first.
    func rows(after floor: Int64, limit: Int) async throws -> [(id: Int64, userID: Int64)] {
        let sql = """
            SELECT Change_ID, User_ID FROM Change_Log WHERE Change_ID > ? ORDER BY Change_ID \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(floor), .integer(Int64(limit))]).map {
            (try $0.integer("Change_ID"), try $0.integer("User_ID"))
        }
    }

    /// Removes rows that every process has seen, except the newest: its number is the counter.
    func trim(before date: Timestamp) async throws {
        try await database.execute(
            "DELETE FROM Change_Log WHERE Created_Date < ? AND Change_ID < (SELECT MAX(Change_ID) FROM Change_Log)",
            [.timestamp(date)])
    }
}
