internal import Tenancy

/// The one row of `Installation`, which records the mode, and queries for data that only one mode shows.
struct InstallationRepository: Sendable {
    static let table = TableDefinition(
        "Installation",
        columns: [
            ColumnDefinition("Installation_ID", .integer).primaryKey,
            ColumnDefinition("Mode", .text(maxLength: 20)).required,
            ColumnDefinition("Is_Chosen", .boolean).required,
            ColumnDefinition("Updated_Date", .timestamp).required,
        ])

    struct Record: Sendable, Equatable {
        let mode: InstallationMode
        /// Whether someone chose it. A default mode gives way to a setting as long as that hides no data.
        let isChosen: Bool
    }

    private let database: DatabaseHandle

    init(_ database: DatabaseHandle) { self.database = database }

    func find() async throws -> Record? {
        guard
            let row = try await database.fetchOne("SELECT Mode, Is_Chosen FROM Installation WHERE Installation_ID = 1")
        else { return nil }
        let word = try row.text("Mode")
        guard let mode = InstallationMode(rawValue: word) else {
            throw TenancyError(
                .unexpectedValue, "The main database records the mode \"\(word)\", which this version does not know.")
        }
        return Record(mode: mode, isChosen: try row.boolean("Is_Chosen"))
    }

    /// - Throws: ``TenancyError`` `uniqueViolation` if another process has recorded one.
    func insert(_ record: Record, date: Timestamp) async throws {
        try await database.execute(
            "INSERT INTO Installation (Installation_ID, Mode, Is_Chosen, Updated_Date) VALUES (1, ?, ?, ?)",
            [.text(record.mode.rawValue), .boolean(record.isChosen), .timestamp(date)])
    }

    /// Locks the row until the transaction ends: changes of administrators' rights, and what rests on such rights, run one
    /// after the other. There is none before the first start of a server, when nothing runs at the same time.
    func lock() async throws {
        try await database.execute("UPDATE Installation SET Mode = Mode WHERE Installation_ID = 1")
    }

    func update(_ record: Record, date: Timestamp) async throws {
        try await database.execute(
            "UPDATE Installation SET Mode = ?, Is_Chosen = ?, Updated_Date = ? WHERE Installation_ID = 1",
            [.text(record.mode.rawValue), .boolean(record.isChosen), .timestamp(date)])
    }

    func holdings() async throws -> InstallationHoldings {
        var rows: [(table: String, count: Int)] = []
        for table in AppSchema.itemTables {
            rows.append(
                (table.text, try await count("SELECT COUNT(*) AS Count_All FROM \(database.dialect.quote(table))")))
        }
        let owners = AppSchema.itemTables.map { "SELECT User_ID FROM \(database.dialect.quote($0))" }
            .joined(separator: " UNION ")
        return InstallationHoldings(
            sharedRows: rows,
            sharedOwners: try await count("SELECT COUNT(*) AS Count_All FROM (\(owners)) Owners"),
            databases: try await count("SELECT COUNT(*) AS Count_All FROM User_Database_Config"))
    }

    private func count(_ sql: String) async throws -> Int {
        Int(try await database.fetchOne(sql)?.integer("Count_All") ?? 0)
    }
}
