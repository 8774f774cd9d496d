/// The rows of `Change_Log`: which users' configs, accounts or sessions changed, for other processes to see.
public struct ChangeLog: Sendable {
    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Notes that a user changed; to be called in the transaction that changes them.
    public func append(_ userID: UserID, date: Timestamp) async throws {
        let sql = database.dialect.insert(into: "Change_Log", columns: ["User_ID", "Created_Date"], identity: nil)
        try await database.execute(sql, [.integer(userID.rawValue), .timestamp(date)])
    }

    func newest() async throws -> Int64 {
        try await database.fetchOne("SELECT MAX(Change_ID) AS Newest FROM Change_Log")?.optionalInteger("Newest") ?? 0
    }

    func oldest() async throws -> Int64? {
        try await database.fetchOne("SELECT MIN(Change_ID) AS Oldest FROM Change_Log")?.optionalInteger("Oldest")
    }

    func users(after: Int64, through: Int64) async throws -> [UserID] {
        let sql = "SELECT DISTINCT User_ID FROM Change_Log WHERE Change_ID > ? AND Change_ID <= ?"
        return try await database.fetchAll(sql, [.integer(after), .integer(through)])
            .compactMap { UserID(try $0.integer("User_ID")) }
    }

    /// Removes what every process has seen, the newest row excepted: its number is the counter.
    func trim(before date: Timestamp) async throws {
        try await database.execute(
            "DELETE FROM Change_Log WHERE Created_Date < ? AND Change_ID < (SELECT MAX(Change_ID) FROM Change_Log)",
            [.timestamp(date)])
    }
}
