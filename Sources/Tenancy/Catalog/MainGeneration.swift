internal import Crypto

/// The rows of `Main_Generation`: states of the main database, each with a consecutive number and a random tag.
/// ``WitnessFile`` keeps them outside the database, so that a restored older copy is detected.
struct MainGeneration: Sendable, Hashable {
    static let table = TableDefinition(
        "Main_Generation",
        columns: [
            ColumnDefinition("Number", .integer).primaryKey, ColumnDefinition("Tag", .text(maxLength: 32)).required,
        ])

    /// How many rows are kept.
    static let retention: Int64 = 1000

    let number: Int64
    let tag: String

    static func all(in database: DatabaseHandle) async throws -> [MainGeneration] {
        let sql = "SELECT Number, Tag FROM Main_Generation ORDER BY Number"
        return try await database.fetchAll(sql).map {
            MainGeneration(number: try $0.integer("Number"), tag: try $0.text("Tag"))
        }
    }

    /// Adds a row.
    /// - Parameter floor: the new number is greater than this as well.
    /// - Throws: ``TenancyError`` `uniqueViolation` if another process adds one at the same moment; try again.
    static func raise(above floor: Int64 = 0, in database: DatabaseHandle) async throws -> MainGeneration {
        let newest =
            try await database.fetchOne("SELECT MAX(Number) AS Newest FROM Main_Generation")?.optionalInteger("Newest")
            ?? 0
        var generator = SystemRandomNumberGenerator()
        let tag = Hex.encode((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
        let raised = MainGeneration(number: max(newest, floor) + 1, tag: tag)
        try await database.execute(
            "INSERT INTO Main_Generation (Number, Tag) VALUES (?, ?)", [.integer(raised.number), .text(raised.tag)])
        try await database.execute(
            "DELETE FROM Main_Generation WHERE Number <= ?", [.integer(raised.number - retention)])
        return raised
    }

    /// The id of this main database and all copies of it: 16 hexadecimal digits.
    /// - Returns: nil before it was sealed with a key.
    static func databaseID(in database: DatabaseHandle) async throws -> String? {
        let sql = "SELECT Key_ID, Created_Date FROM Master_Key ORDER BY Created_Date, Key_ID"
        guard let row = try await database.fetchOne(sql) else { return nil }
        let text = try "unify/main/v1/\(row.text("Key_ID"))/\(row.timestamp("Created_Date").milliseconds)"
        return Hex.encode(SHA256.hash(data: Array(text.utf8)).prefix(8))
    }
}
