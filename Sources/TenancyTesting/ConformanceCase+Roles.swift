internal import Tenancy

extension ConformanceCase {
    /// What a user's connection must not do.
    static let roles: [ConformanceCase] = [
        ConformanceCase("a user may not touch the identity stamp") { test in
            try await refuses(
                [
                    "UPDATE Database_Identity SET User_ID = 8", "DELETE FROM Database_Identity",
                    "INSERT INTO Database_Identity (Identity_ID, User_ID, Database_UUID, Schema_Version, Schema_Fingerprint)"
                        + " VALUES (2, 8, 'x', 1, 'x')",
                    "DROP TABLE Database_Identity", "ALTER TABLE Database_Identity ADD Extra INTEGER",
                    "UPDATE \(test.engine.dialect.quote("Database_Identity")) SET User_ID = 8",
                    // If names are case-sensitive, this table does not exist.
                    test.engine.kind == .mysql ? nil : "update DATABASE_IDENTITY set User_ID = 8",
                ].compactMap { $0 }, test)
        },
        ConformanceCase("a user may not touch the record of migrations") { test in
            try await refuses(
                [
                    "UPDATE Schema_Migrations SET Version = 99", "DELETE FROM Schema_Migrations",
                    "DROP TABLE Schema_Migrations", "ALTER TABLE Schema_Migrations ADD Extra INTEGER",
                ], test)
            try await test.withConnection { connection in
                let state = try await SchemaMigrations.state(
                    on: connection, dialect: test.engine.dialect, schema: ConformanceSchema.first)
                try test.expect(state, is: ConformanceSchema.first.state, "the version of the schema")
            }
        },
        ConformanceCase("a user may change rows, and no schema") { test in
            let words = [
                "CREATE TABLE Own (Own_ID INTEGER)", "CREATE VIEW Own AS SELECT 1 AS One", "DROP TABLE Items",
                "ALTER TABLE Items ADD Extra INTEGER", "CREATE INDEX Own ON Owners (Name)",
                temporaryTable(test.engine.kind),
            ]
            try await refuses(words, test)
            try await test.withConnection { connection in
                for sql in words {
                    try await test.expect(.notAuthorized, from: "“\(sql)” on a lease for reading") {
                        try await connection.run(sql, limits: StatementLimits(access: .read))
                    }
                }
                try test.expect(try await connection.number("SELECT COUNT(*) FROM Items"), is: 0, "the items")
            }
        },
        ConformanceCase("a user may not control transactions by SQL, also after the engine has") { test in
            let words = transactionWords(of: test.engine.kind)
            try await refuses(words, test)
            try await test.withConnection { connection in
                for access in [Access.read, .write] {
                    try await connection.begin(access)
                    try await connection.commit()
                    try await connection.begin(access)
                    try await connection.rollback()
                }
                try await connection.begin(.write)
                try await connection.addOwner("undone")
                for sql in words {
                    try await test.expect(.notAuthorized, from: "“\(sql)” after real transactions") {
                        try await connection.run(sql)
                    }
                }
                try await connection.rollback()
                try test.expect(try await connection.ownerCount, is: 0, "the number of rows")
            }
        },
        ConformanceCase("maintenance may write the identity stamp") { test in
            try await test.withConnection(as: .maintenance) { connection in
                let result = try await connection.run("UPDATE Database_Identity SET User_ID = 8")
                try test.expect(result.changes, is: 1, "what the UPDATE changed")
            }
        },
    ]

    private static func temporaryTable(_ engine: EngineKind) -> String {
        engine == .sqlserver ? "CREATE TABLE #Own (Own_ID INTEGER)" : "CREATE TEMPORARY TABLE Own (Own_ID INTEGER)"
    }

    private static func transactionWords(of engine: EngineKind) -> [String] {
        let common = ["COMMIT", "ROLLBACK", "-- a comment\nCOMMIT"]
        let savepoints = ["SAVEPOINT a", "RELEASE SAVEPOINT a", "ROLLBACK TO SAVEPOINT a", "BEGIN"]
        return switch engine {
        case .sqlite: common + savepoints + ["BEGIN IMMEDIATE", "BEGIN DEFERRED"]
        case .postgresql:
            common + savepoints + [
                "START TRANSACTION", "END", "ABORT", "/* x */ commit", "--\rCOMMIT", "PREPARE TRANSACTION 'a'",
            ]
        case .mysql: common + savepoints + ["START TRANSACTION", "XA START 'a'", "SET autocommit = 0", "/*!COMMIT*/"]
        case .sqlserver:
            common + ["BEGIN TRANSACTION", "SAVE TRANSACTION a", "SELECT 1 COMMIT", "select 1; rollback tran"]
        }
    }

    private static func refuses(_ statements: [String], _ test: EngineConformance) async throws {
        try await test.withConnection { connection in
            for sql in statements {
                try await test.expect(.notAuthorized, from: "“\(sql)”") { try await connection.run(sql) }
                // A statement may be kept prepared: the second run must end as the first.
                try await test.expect(.notAuthorized, from: "“\(sql)” again") { try await connection.run(sql) }
                _ = await connection.reset()
            }
            let stamp = try await DatabaseIdentity.read(from: connection, dialect: test.engine.dialect)
            try test.expect(stamp, is: try test.identity(), "the stamp afterwards")
        }
    }
}
