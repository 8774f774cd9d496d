/// The rows of `Change_Log`: which users' configs, accounts or sessions changed, for other processes to see.
public struct ChangeLog: Sendable {
    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Notes that a user changed; to be called in the transaction that changes them.
    public func append(_ userID: UserID, date: Timestamp) async throws {
        try await append(userID.rawValue, date: date)
    }

    /// Notes that the root keys, the servers, or what concerns no single user, changed.
    package func appendKeyChange(date: Timestamp) async throws { try await append(Self.everybody, date: date) }

    /// Stands in a row for what concerns no single user.
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

    /// Removes what every process has seen, the newest row excepted: its number is the counter.
    func trim(before date: Timestamp) async throws {
        try await database.execute(
            "DELETE FROM Change_Log WHERE Created_Date < ? AND Change_ID < (SELECT MAX(Change_ID) FROM Change_Log)",
            [.timestamp(date)])
    }
}
