/// The rows of `Tombstone`: permanently removed users, so that nothing restores them by accident.
enum Tombstones {
    static let table = TableDefinition(
        "Tombstone",
        columns: [
            ColumnDefinition("User_ID", .integer).primaryKey,
            // The UUID of the user's last database; null if the user had none.
            ColumnDefinition("Database_UUID", .text(maxLength: 36)),
            ColumnDefinition("Purged_Date", .timestamp).required,
        ])

    static func count(in database: DatabaseHandle) async throws -> Int {
        Int(try await database.fetchOne("SELECT COUNT(*) AS Number FROM Tombstone")?.integer("Number") ?? 0)
    }

    static func insert(
        _ userID: UserID, uuid: DatabaseID?, date: Timestamp, in database: DatabaseHandle
    ) async throws {
        try await database.execute(
            "INSERT INTO Tombstone (User_ID, Database_UUID, Purged_Date) VALUES (?, ?, ?)",
            [.integer(userID.rawValue), .optionalText(uuid?.text), .timestamp(date)])
    }
}
