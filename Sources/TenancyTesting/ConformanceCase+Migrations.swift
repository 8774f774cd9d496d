internal import Tenancy

extension ConformanceCase {
    /// Migrations of schemas.
    static let migrations: [ConformanceCase] = [
        ConformanceCase("migrating applies what is missing, records it, and may be repeated") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await connection.addOwner("kept")
                for _ in 1...2 {
                    try await migrate(connection, to: ConformanceSchema.second, test)
                    try test.expect(
                        try await state(connection, ConformanceSchema.second, test), is: ConformanceSchema.second.state,
                        "the version of the schema")
                }
                try await connection.run("INSERT INTO Labels (Label) VALUES ('new')")
                try test.expect(try await connection.ownerNames, is: ["kept"], "the names")
                let rows = try await connection.rows(
                    "SELECT Name, Applied_Date FROM Schema_Migrations WHERE Component = 'application' ORDER BY Version")
                try test.expect(try rows.map { try $0.text("Name") }, is: ["tables", "labels"], "the record")
                try test.expect(try rows.last?.timestamp("Applied_Date"), is: date, "the recorded date")
            }
        },
        ConformanceCase("a database ahead of the schema is schemaTooNew") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await migrate(connection, to: ConformanceSchema.second, test)
                try await test.expect(.schemaTooNew, from: "migrating back") {
                    try await migrate(connection, to: ConformanceSchema.first, test)
                }
            }
        },
        ConformanceCase("a migration that fails is not recorded as applied, and goes on when it is mended") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await test.expect(.invalidStatement, from: "a migration with wrong SQL") {
                    try await migrate(connection, to: ConformanceSchema.broken, test)
                }
                let state = try await state(connection, ConformanceSchema.broken, test)
                try test.expect(state[.application], is: 1, "the version of the schema")
                let isUndone = test.engine.dialect.hasTransactionalSchema
                try test.expect(state.unfinished?.contains("1 of its steps done") ?? isUndone, is: true, "what is left")
                try await migrate(connection, to: ConformanceSchema.mended, test)
                try await connection.run("INSERT INTO Labels (Label) VALUES ('new')")
                try await connection.run("INSERT INTO Marks (Mark) VALUES ('new')")
            }
        },
        ConformanceCase("a changed migration is refused by its name, before anything is done") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await migrate(connection, to: ConformanceSchema.second, test)
                do {
                    try await migrate(connection, to: ConformanceSchema.changed, test)
                    throw ConformanceFailure("a changed migration was not refused")
                } catch let error as TenancyError where error.code == .migrationConflict {
                    try test.expect(
                        error.message.contains("application 1 (tables)"), "it is not named: \(error.message)")
                }
                try test.expect(
                    try await state(connection, ConformanceSchema.second, test), is: ConformanceSchema.second.state,
                    "the version of the schema")
            }
        },
        ConformanceCase("a data step goes on behind its last batch, and steps may run outside transactions") { test in
            try await test.withConnection(as: .maintenance) { connection in
                let names = ["a", "b", "c", "d", "e"]
                for name in names { try await connection.addOwner(name) }
                let failing = ConformanceSchema.third { if $0 == 4 { throw ConformanceFailure("planted") } }
                do {
                    try await migrate(connection, to: failing, test)
                    throw ConformanceFailure("a failure of the data step was not passed on")
                } catch let failure as ConformanceFailure where failure.message == "planted" {}
                let state = try await state(connection, failing, test)
                try test.expect(state[.application], is: 2, "the version of the schema")
                let whole = ConformanceSchema.third { if $0 > 5 { throw ConformanceFailure("a batch is done twice") } }
                try await migrate(connection, to: whole, test)
                let labels = try await connection.rows("SELECT Label FROM Labels ORDER BY Label_ID")
                try test.expect(try labels.map { try $0.text("Label") }, is: names, "the labels")
                try test.expect(
                    try await Self.state(connection, failing, test), is: failing.state, "the version of the schema")
            }
        },
        ConformanceCase("a step of a migration may have a time limit of its own") { test in
            let endless = test.endlessQuery.sql
            let schema = ConformanceSchema.adding(
                .data("endless", timeLimit: .milliseconds(200)) { batch in
                    _ = try await batch.fetchAll(endless)
                    return nil
                })
            try await test.withConnection(as: .maintenance) { connection in
                try await test.expect(.deadlineExceeded, from: "a step that never ends") {
                    try await migrate(connection, to: schema, test)
                }
                try test.expect(try await state(connection, schema, test)[.application], is: 1, "the version")
            }
        },
        ConformanceCase("a database may be made with steps of every kind") { test in
            let schema = ConformanceSchema.third { _ in throw ConformanceFailure("a new database has no rows to change")
            }
            try await test.withLocation { location in
                try await test.engine.makeDatabase(at: location, schema: schema, identity: try test.identity())
                try await test.withConnection(to: location) { connection in
                    try test.expect(try await state(connection, schema, test), is: schema.state, "the version")
                    try test.expect(try await connection.number("SELECT COUNT(*) FROM Marks"), is: 0, "the rows")
                }
            }
        },
        ConformanceCase("a migration goes on wherever it was interrupted, and does nothing twice") { test in
            try await test.withDatabase { location in
                for stop in 1... {
                    let wasStopped = try await stops(after: stop, at: location, to: ConformanceSchema.stepwise, test)
                    try await test.withConnection(to: location, as: .maintenance) { connection in
                        try await migrate(connection, to: ConformanceSchema.stepwise, test)
                        try test.expect(
                            try await connection.number("SELECT COUNT(*) FROM Extras"), is: 2,
                            "the rows, stopped after \(stop)")
                        try test.expect(
                            try await state(connection, ConformanceSchema.stepwise, test),
                            is: ConformanceSchema.stepwise.state, "the version, stopped after \(stop)")
                        try await connection.run("DROP TABLE Extras")
                        try await connection.run("DELETE FROM Schema_Migrations WHERE Version = 2")
                    }
                    guard wasStopped else { return }
                }
            }
        },
        ConformanceCase("an older record is converted, wherever that was interrupted") { test in
            try await test.withDatabase { location in
                for stop in 1... {
                    try await test.withConnection(to: location, as: .maintenance) { try await makeOlder($0, test) }
                    let wasStopped = try await stops(after: stop, at: location, to: ConformanceSchema.second, test)
                    try await test.withConnection(to: location, as: .maintenance) { connection in
                        try await migrate(connection, to: ConformanceSchema.second, test)
                        try test.expect(
                            try await state(connection, ConformanceSchema.second, test),
                            is: ConformanceSchema.second.state, "the version, stopped after \(stop)")
                        let rows = try await connection.rows(
                            "SELECT Checksum, Applied_Date FROM Schema_Migrations WHERE Component = 'application' "
                                + "ORDER BY Version")
                        let sums = ConformanceSchema.second[.application].map { $0.checksum(in: test.engine.dialect) }
                        try test.expect(try rows.map { try $0.text("Checksum") }, is: sums, "the checksums")
                        try test.expect(try rows.first?.timestamp("Applied_Date"), is: olderDate, "the date")
                    }
                    guard wasStopped else { return }
                }
            }
        },
    ]

    private static let date = Timestamp(milliseconds: 1_700_000_000_123)
    private static let olderDate = Timestamp(milliseconds: 1_600_000_000_456)

    /// The record as it was before components.
    private static let older = TableDefinition(
        "Schema_Migrations",
        columns: [
            ColumnDefinition("Version", .integer).primaryKey, ColumnDefinition("Name", .text(maxLength: 200)).required,
            ColumnDefinition("Applied_Date", .timestamp).required,
        ])

    /// Puts the record of a database at the second schema, or the first, back into the older form of the first.
    private static func makeOlder(_ connection: any DatabaseConnection, _ test: EngineConformance) async throws {
        let dialect = test.engine.dialect
        try await connection.run("DROP TABLE IF EXISTS \(dialect.quote("Labels"))")
        try await connection.run("DROP TABLE \(dialect.quote(older.name))")
        for sql in dialect.statements(creating: older) { try await connection.run(sql) }
        try await connection.run(
            dialect.insert(into: older.name, columns: older.columns.map(\.name), identity: nil),
            [1, "tables", .timestamp(olderDate)])
    }

    /// Migrates on a connection that is lost after some statements.
    /// - Returns: false if it had ended before.
    private static func stops(
        after count: Int, at location: DatabaseLocation, to schema: Schema, _ test: EngineConformance
    ) async throws -> Bool {
        let connection = InterruptedConnection(
            try await test.engine.connect(to: location, as: .maintenance), after: count)
        do {
            try await migrate(connection, to: schema, test)
            await connection.close()
            return false
        } catch is InterruptedConnection.Interruption {
            return true
        }
    }

    private static func state(
        _ connection: any DatabaseConnection, _ schema: Schema, _ test: EngineConformance
    ) async throws -> SchemaState {
        try await SchemaMigrations.state(on: connection, dialect: test.engine.dialect, schema: schema)
    }

    private static func migrate(
        _ connection: any DatabaseConnection, to schema: Schema, _ test: EngineConformance
    ) async throws {
        try await SchemaMigrations.migrate(
            connection, to: schema, dialect: test.engine.dialect, date: date, lock: "unify:conformance")
    }
}
