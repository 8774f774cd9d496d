internal import Tenancy

extension ConformanceCase {
    /// Migrations of schemas.
    static let migrations: [ConformanceCase] = [
        ConformanceCase("migrating applies what is missing, records it, and may be repeated") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await connection.addOwner("kept")
                for _ in 1...2 {
                    try await migrate(connection, to: ConformanceSchema.second, test)
                    let version = try await SchemaMigrations.version(on: connection, dialect: test.engine.dialect)
                    try test.expect(version, is: 2, "the version of the schema")
                }
                try await connection.run("INSERT INTO Labels (Label) VALUES ('new')")
                try test.expect(try await connection.ownerNames, is: ["kept"], "the names")
                let rows = try await connection.rows(
                    "SELECT Name, Applied_Date FROM Schema_Migrations ORDER BY Version")
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
        ConformanceCase("a migration that fails is not recorded, and the connection stays usable") { test in
            try await test.withConnection(as: .maintenance) { connection in
                try await test.expect(.invalidStatement, from: "a migration with wrong SQL") {
                    try await migrate(connection, to: ConformanceSchema.broken, test)
                }
                let version = try await SchemaMigrations.version(on: connection, dialect: test.engine.dialect)
                try test.expect(version, is: 1, "the version of the schema")
            }
        },
    ]

    private static let date = Timestamp(milliseconds: 1_700_000_000_123)

    private static func migrate(
        _ connection: any DatabaseConnection, to schema: Schema, _ test: EngineConformance
    ) async throws {
        try await SchemaMigrations.migrate(connection, to: schema, dialect: test.engine.dialect, date: date)
    }
}
