internal import Tenancy

/// The rows of `Database_Size`: at most one size per database and day.
struct DatabaseSizeRepository: Sendable {
    static let table = TableDefinition(
        "Database_Size",
        columns: [
            ColumnDefinition("Size_ID", .identity),
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Sampled_Date", .timestamp).required,
            ColumnDefinition("Size_Bytes", .integer).required,
        ]
    )
    .indexedUniquely("User_ID", "Sampled_Date")
    .indexed("Sampled_Date")

    /// How long a size is kept.
    static let retention: Duration = .seconds(400 * 24 * 3600)

    struct Sample: Sendable {
        /// The beginning of the day in UTC.
        let date: Timestamp
        let sizeBytes: Int64
    }

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    /// Sets the size of a day, to be called in a transaction.
    func record(_ sizeBytes: Int64, of userID: UserID, day: Timestamp) async throws {
        let result = try await database.execute(
            "UPDATE Database_Size SET Size_Bytes = ? WHERE User_ID = ? AND Sampled_Date = ?",
            [.integer(sizeBytes), .integer(userID.rawValue), .timestamp(day)])
        guard result.changes == 0 else { return }
        _ = try await database.insert(
            into: Self.table.name,
            [
                "User_ID": .integer(userID.rawValue), "Sampled_Date": .timestamp(day),
                "Size_Bytes": .integer(sizeBytes),
            ], identity: "Size_ID")
    }

    /// A user's newest sizes, oldest first.
    /// - Parameter limit: the maximum count.
    func list(of userID: UserID, limit: Int) async throws -> [Sample] {
        let sql = """
            SELECT Sampled_Date, Size_Bytes FROM Database_Size WHERE User_ID = ? ORDER BY Sampled_Date DESC \
            \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, [.integer(userID.rawValue), .integer(Int64(limit))]).map {
            Sample(date: try $0.timestamp("Sampled_Date"), sizeBytes: try $0.integer("Size_Bytes"))
        }.reversed()
    }

    func delete(before date: Timestamp) async throws {
        try await database.execute("DELETE FROM Database_Size WHERE Sampled_Date < ?", [.timestamp(date)])
    }
}
