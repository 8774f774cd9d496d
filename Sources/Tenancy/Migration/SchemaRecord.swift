/// The rows of `Schema_Migrations`: what a database was migrated to, and which steps of an unfinished migration are done.
struct SchemaRecord: Sendable {
    /// One migration.
    struct Entry: Sendable, Hashable {
        var component: MigrationComponent
        var version: Int
        var name: String
        /// Of the steps that are done; of the whole migration once it has ended.
        var checksum: String
        /// The number of the step that was begun last. Written before the step where its end cannot be recorded in the
        /// same transaction.
        var stepsBegun = 0
        var stepsDone = 0
        /// Where the next batch of a data step begins.
        var batchPosition: String?
        /// When the migration ended; nil if it has not.
        var appliedAt: Timestamp?
    }

    static let table = TableDefinition(
        "Schema_Migrations",
        columns: [
            ColumnDefinition("Migration_ID", .identity),
            ColumnDefinition("Component", .text(maxLength: 20)).required,
            ColumnDefinition("Version", .integer).required,
            ColumnDefinition("Name", .text(maxLength: 200)).required,
            ColumnDefinition("Checksum", .text(maxLength: 64)).required,
            ColumnDefinition("Steps_Begun", .integer).required.defaulting(to: 0),
            ColumnDefinition("Steps_Done", .integer).required.defaulting(to: 0),
            ColumnDefinition("Batch_Position", .text(maxLength: MigrationStep.maxPosition)),
            ColumnDefinition("Applied_Date", .timestamp),
        ]
    )
    .indexedUniquely("Component", "Version")

    /// The component of the row that says how this table is laid out. Its version is greater than any that a program
    /// of the older layout knows, which therefore takes the database for a newer one and leaves it alone.
    private static let layoutWord = "record"
    static let layout = 1_000_002

    private(set) var entries: [Entry] = []

    /// The migrations that are complete.
    func isComplete(_ component: MigrationComponent, _ version: Int) -> Bool {
        entry(component, version)?.appliedAt != nil
    }

    func entry(_ component: MigrationComponent, _ version: Int) -> Entry? {
        entries.first { $0.component == component && $0.version == version }
    }

    var state: SchemaState {
        let complete = entries.filter { $0.appliedAt != nil }
        let unfinished = entries.first { $0.appliedAt == nil }.map {
            "\($0.component.rawValue) version \($0.version) (\($0.name)), \($0.stepsDone) of its steps done"
        }
        return SchemaState(
            Dictionary(complete.map { ($0.component, $0.version) }, uniquingKeysWith: max), unfinished: unfinished)
    }

    // MARK: Reading

    /// The record of a database, in the layout of this program or the one before.
    /// - Parameter schema: has the names of the migrations in the older layout.
    static func read(
        on connection: any DatabaseConnection, dialect: any Dialect, schema: Schema
    ) async throws -> (record: SchemaRecord, isOlder: Bool) {
        let sql = "SELECT * FROM \(dialect.quote(table.name))"
        let rows = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        guard rows.columns.index(of: "Component") != nil else {
            return (SchemaRecord(entries: try OlderSchemaRecord(rows).entries(in: schema, dialect: dialect)), true)
        }
        return (SchemaRecord(entries: try rows.compactMap(entry(in:))), false)
    }

    /// - Returns: nil for the row of the layout.
    static func entry(in row: Row) throws -> Entry? {
        let (word, version) = (try row.text("Component"), Int(try row.integer("Version")))
        guard let component = MigrationComponent(rawValue: word) else {
            if word == layoutWord, version == layout { return nil }
            throw TenancyError(
                .schemaTooNew,
                "The database has migrations of the component '\(word)', version \(version), which this program does not "
                    + "know. Use the newer one.")
        }
        return Entry(
            component: component, version: version, name: try row.text("Name"), checksum: try row.text("Checksum"),
            stepsBegun: Int(try row.integer("Steps_Begun")), stepsDone: Int(try row.integer("Steps_Done")),
            batchPosition: try row.optionalText("Batch_Position"),
            appliedAt: try row.optionalTimestamp("Applied_Date"))
    }

    // MARK: Writing

    static func creationStatements(in dialect: any Dialect) -> [String] { dialect.statements(creating: table) }

    static func layoutMark(in dialect: any Dialect, into name: Identifier = table.name, date: Timestamp) -> SQLStatement
    {
        insertion(
            [
                .text(layoutWord), .integer(Int64(layout)), "the layout of this table", "", 0, 0, .null,
                .timestamp(date),
            ], into: name, dialect)
    }

    fileprivate static func insertion(
        _ values: [SQLValue], into name: Identifier, _ dialect: any Dialect
    ) -> SQLStatement {
        SQLStatement(
            dialect.insert(into: name, columns: table.columns.dropFirst().map(\.name), identity: nil), values)
    }
}

extension SchemaRecord.Entry {
    /// A migration that has ended.
    init(_ migration: Migration, of component: MigrationComponent, in dialect: any Dialect, appliedAt date: Timestamp) {
        let pieces = migration.pieces(in: dialect)
        self.init(
            component: component, version: migration.version, name: migration.name,
            checksum: MigrationPiece.checksum(of: pieces), stepsBegun: pieces.count, stepsDone: pieces.count,
            appliedAt: date)
    }

    private var values: [SQLValue] {
        [
            .text(component.rawValue), .integer(Int64(version)), .text(name), .text(checksum),
            .integer(Int64(stepsBegun)), .integer(Int64(stepsDone)), batchPosition.map(SQLValue.text) ?? .null,
            appliedAt.map(SQLValue.timestamp) ?? .null,
        ]
    }

    func insertion(in dialect: any Dialect, into name: Identifier = SchemaRecord.table.name) -> SQLStatement {
        SchemaRecord.insertion(values, into: name, dialect)
    }

    /// Writes the progress of the same migration.
    func update(in dialect: any Dialect) -> SQLStatement {
        let names = SchemaRecord.table.columns.dropFirst(4).map { "\(dialect.quote($0.name)) = ?" }
        return SQLStatement(
            "UPDATE \(dialect.quote(SchemaRecord.table.name)) SET \(names.joined(separator: ", ")) "
                + "WHERE Component = ? AND Version = ?",
            Array(values.dropFirst(3) + values.prefix(2)))
    }
}
