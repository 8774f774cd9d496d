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
    /// The same with its second statement put right.
    static let mended = Schema([
        tables,
        Migration(2, "broken") { dialect in [labels, marks].flatMap(dialect.statements(creating:)) },
    ])
    /// The second one with its first step changed, and one more.
    static let changed = Schema([
        Migration(1, "tables") { dialect in [owners, items].flatMap(dialect.statements(creating:)) },
        Migration(2, "labels", creating: [labels]), Migration(3, "marks", creating: [marks]),
    ])

    /// The first one, with statements that fail when they run twice, and one that would add a row each time.
    static let stepwise = Schema([
        tables,
        Migration(2, "extras") { _ in
            [
                "CREATE TABLE Extras (Extra_ID INTEGER)", "INSERT INTO Extras VALUES (1)",
                "ALTER TABLE Extras ADD Extra INTEGER", "CREATE INDEX IX_Extras ON Extras (Extra)",
                "INSERT INTO Extras VALUES (2, 2)",
            ]
        },
    ])

    /// The first one with a migration of one step.
    static func adding(_ step: MigrationStep) -> Schema { Schema([tables, Migration(2, "step", steps: [step])]) }

    /// The second one, with a step that copies the owners' names into labels, two at a time, and an index that is made
    /// outside a transaction.
    /// - Parameter check: called before each batch with the number of labels.
    static func third(_ check: @escaping @Sendable (Int64) throws -> Void) -> Schema {
        Schema([
            tables, Migration(2, "labels", creating: [labels]),
            Migration(
                3, "names",
                steps: [
                    .sql { $0.statements(creating: marks) },
                    .data("copy names") { batch in
                        let labels = try await batch.fetchAll("SELECT COUNT(*) AS Number FROM Labels")
                        try check(try labels.first?.integer("Number") ?? 0)
                        let sql = "SELECT Name FROM Owners WHERE Name > ? ORDER BY Name \(batch.dialect.limitClause)"
                        let names = try await batch.fetchAll(sql, [.text(batch.position ?? ""), 2])
                            .map { try $0.text("Name") }
                        for name in names {
                            try await batch.execute("INSERT INTO Labels (Label) VALUES (?)", [.text(name)])
                        }
                        return names.last
                    },
                    .outsideTransaction { dialect in
                        let word = dialect.engine == .postgresql ? "CONCURRENTLY " : ""
                        let table = dialect.quote(marks.name)
                        return ["CREATE INDEX \(word)IX_Marks_Mark ON \(table) (\(dialect.quote("Mark")))"]
                    },
                ]),
        ])
    }

    private static let marks = TableDefinition(
        "Marks", columns: [ColumnDefinition("Mark_ID", .identity), ColumnDefinition("Mark", .text(maxLength: 50))])

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
