internal import Tenancy

/// The tables of the test cases.
enum ConformanceSchema {
    /// Owners, their items, and two tables with a column for each kind of value.
    static let first = Schema([tables])
    /// The same with one more table.
    static let second = Schema([tables, Migration(2, "labels", creating: [labels])])
    /// The same with a second step whose second statement is wrong.
    static let broken = Schema([
        tables,
        Migration(2, "broken") { dialect in dialect.statements(creating: labels) + ["CREATE TABLE"] },
    ])

    private static let tables = Migration(1, "tables") { dialect in
        [owners, items, samples].flatMap(dialect.statements(creating:)) + [measures(in: dialect)]
    }

    private static let owners = TableDefinition(
        "Owners",
        columns: [
            ColumnDefinition("Owner_ID", .identity), ColumnDefinition("Name", .text(maxLength: 200)).required.unique,
        ])

    private static let items = TableDefinition(
        "Items",
        columns: [
            ColumnDefinition("Item_ID", .identity), ColumnDefinition("Owner_ID", .integer).required,
            ColumnDefinition("Title", .longText),
        ]
    ).referencing("Owners", "Owner_ID", from: "Owner_ID")

    private static let samples = TableDefinition(
        "Samples",
        columns: [
            ColumnDefinition("Sample_ID", .integer).primaryKey, ColumnDefinition("Amount", .integer),
            ColumnDefinition("Words", .longText), ColumnDefinition("Moment", .timestamp),
            ColumnDefinition("Flag", .boolean),
        ])

    private static let labels = TableDefinition(
        "Labels", columns: [ColumnDefinition("Label_ID", .identity), ColumnDefinition("Label", .longText).required])

    /// No table of the program has such columns, so dialects have no words for them.
    private static func measures(in dialect: any Dialect) -> String {
        let (double, blob) =
            switch dialect.engine {
            case .sqlite: ("REAL", "BLOB")
            case .postgresql: ("DOUBLE PRECISION", "BYTEA")
            case .mysql: ("DOUBLE", "LONGBLOB")
            case .sqlserver: ("FLOAT(53)", "VARBINARY(MAX)")
            }
        let key = dialect.definition(of: ColumnDefinition("Measure_ID", .integer).primaryKey)
        let columns =
            [("Measure_ID", key), ("Reading", "\(double) NULL"), ("Content", "\(blob) NULL")] as [(Identifier, String)]
        let parts = columns.map { "\(dialect.quote($0)) \($1)" }.joined(separator: ", ")
        return "CREATE TABLE \(dialect.quote("Measures")) (\(parts))"
    }
}
