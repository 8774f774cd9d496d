import Foundation
import MySQLEngine
import PostgreSQLEngine
import SQLServerEngine
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// The operator's folder of migrations: what is read, what is refused by name, and what new databases get.
@Suite(.timeLimit(.minutes(2))) struct OperatorFilesTests {
    private let directory: TemporaryDirectory
    private let engines = EngineRegistry([SQLiteEngine(), PostgreSQLEngine(), MySQLEngine(), SQLServerEngine()])

    init() throws { directory = try TemporaryDirectory() }

    private func write(_ files: [String: String]) throws {
        for (name, text) in files {
            try text.write(toFile: directory.file(name), atomically: false, encoding: .utf8)
        }
    }

    private func read(_ usual: EngineKind = .sqlite) throws -> [Migration] {
        try MigrationFolder(directory.path, for: engines, usual: usual).migrations()
    }

    private func statements(_ migration: Migration, _ kind: EngineKind) throws -> [String] {
        migration.statements(in: try engines.engine(kind).dialect)
    }

    @Test func filesAreReadInTheOrderOfTheirVersions() throws {
        try write([
            "20260201000000_second.sql":
                "-- migrate:up\r\nINSERT INTO A VALUES (';');\r\n\r\n-- migrate:down\r\nDROP TABLE A;",
            "20260101000000_first.sql": """
            -- A comment.

            -- migrate:up
            CREATE TABLE A (B TEXT); -- one; two
            /* ; */ CREATE TRIGGER T AFTER INSERT ON A BEGIN
                UPDATE A SET B = CASE WHEN B = 'x' THEN 'end;' ELSE B END;
                DELETE FROM A WHERE B = '';
            END;
            CREATE INDEX I ON A (B)
            """,
            "20260101000000_first.postgresql.sql": """
            -- migrate:up transaction:false
            CREATE FUNCTION f() RETURNS void AS $$ BEGIN x; END; $$ LANGUAGE plpgsql;
            CREATE INDEX CONCURRENTLY I ON A (B);
            """,
            "README.md": "no migration",
        ])
        let found = try read()
        #expect(found.map(\.version) == [20_260_101_000_000, 20_260_201_000_000])
        #expect(found.map(\.name) == ["first", "second"])
        let first = try statements(found[0], .sqlite)
        #expect(first.count == 3 && first[0] == "CREATE TABLE A (B TEXT)" && first[2] == "CREATE INDEX I ON A (B)")
        #expect(first[1].hasSuffix("END"))
        #expect(try statements(found[0], .mysql).count == 3)
        #expect(try statements(found[0], .postgresql).map { $0.prefix(15) } == ["CREATE FUNCTION", "CREATE INDEX CO"])
        #expect(try statements(found[1], .sqlite) == ["INSERT INTO A VALUES (';')"])
    }

    @Test(arguments: [
        ("2026_a.sql", "-- migrate:up\n", "YYYYMMDDhhmmss"),
        ("20260101000000_a b.sql", "-- migrate:up\n", "YYYYMMDDhhmmss"),
        ("20260101000000_a.oracle.sql", "-- migrate:up\n", "oracle is no engine"),
        ("20260101000000_a.mysql.sql", "-- migrate:up\n", "there is no 20260101000000_a.sql"),
        ("20260101000000_a.sql", "CREATE TABLE A (B TEXT);", "SQL before"),
        ("20260101000000_a.sql", "", "does not begin"),
        ("20260101000000_a.sql", "-- migrate:down\n-- migrate:up\n", "does not begin"),
        ("20260101000000_a.sql", "-- migrate:up\n-- migrate:up\n", "more than one"),
        ("20260101000000_a.sql", "-- migrate:up transaction:no\n", "unknown option: transaction:no"),
        ("20260101000000_a.sql", "-- migrate:upp\n", "neither"),
        ("20260101000000_a.sql", "-- migrate:up\nBEGIN; DROP TABLE A; COMMIT;", "BEGIN is not allowed"),
        ("20260101000000_a.sql", "-- migrate:up\nDROP TABLE 'A;", "never ends"),
        ("20260101000000_a.sql", "-- migrate:up\nDELIMITER //\n", "DELIMITER"),
        ("20260101000000_a.sql", String(repeating: " ", count: 1024 * 1024 + 1), "1048576 bytes"),
    ])
    func aFileWithAFaultIsRefusedByItsName(name: String, text: String, reason: String) throws {
        try write([name: text])
        let error = #expect(throws: TenancyError.self) { try read() }
        #expect(error?.code == .invalidConfiguration)
        #expect(
            error?.message.contains(name) == true && error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func twoFilesOfOneVersionAreRefused() throws {
        try write(["20260101000000_a.sql": "-- migrate:up\n", "20260101000000_b.sql": "-- migrate:up\n"])
        let error = #expect(throws: TenancyError.self) { try read() }
        #expect(error?.message.contains("20260101000000_b.sql") == true)
    }

    @Test func aFolderThatIsMissingIsRefused() throws {
        let folder = try MigrationFolder("\(directory.path)/none", for: engines, usual: .sqlite)
        let error = #expect(throws: TenancyError.self) { try folder.migrations() }
        #expect(error?.message.contains("UNIFY_MIGRATIONS_DIR") == true)
    }

    /// What one engine cannot read is no fault while another one is used.
    @Test func aFileIsCheckedForTheUsualEngine() throws {
        try write(["20260101000000_a.sql": "-- migrate:up\nDO $$ BEGIN PERFORM 'it''s'; END $$;"])
        #expect(try read(.postgresql).count == 1)
        #expect(throws: TenancyError.self) { try read(.mysql) }
    }

    private static let orders = """
        -- migrate:up
        CREATE TABLE Orders (Order_ID INTEGER PRIMARY KEY, Amount INTEGER NOT NULL);
        CREATE INDEX IX_Amount ON Orders (Amount);
        """

    @Test(arguments: TestPlace.all, [true, false])
    func newDatabasesHaveTheFilesTables(place: TestPlace, isInTransaction: Bool) async throws {
        let up =
            isInTransaction ? Self.orders : Self.orders.replacing("migrate:up", with: "migrate:up transaction:false")
        try write([
            "20260101000000_orders.sql": up,
            "20260102000000_marks.sql": "-- migrate:up\nCREATE TABLE Marks (Mark_ID INTEGER PRIMARY KEY);",
        ])
        let schema = TestSystem.userSchema.adding(files: try read(place.kind))
        try await place.whileOthersWait {
            let system = try await TestSystem.open(place.engine, server: place.server?.location)
            let manager = MultiTenantDatabaseManager(
                main: system.main, engines: EngineRegistry([place.engine]), schema: schema,
                dataDirectory: system.directory.path, keyRing: KeyRing(current: TestSystem.rootKey),
                options: system.manager.options)
            let ada = try await system.addUser("ada", hasDatabase: false)
            _ = try await manager.initializeUserDatabase(ada.id)
            try await manager.withUserDatabase(ada.id) { database in
                try await database.execute("INSERT INTO Orders (Order_ID, Amount) VALUES (1, 2)")
                try await database.execute("INSERT INTO Marks (Mark_ID) VALUES (1)")
            }
            let config = try #require(try await manager.loadUserDatabaseConfig(ada.id))
            #expect(try await manager.schemaState(of: config) == schema.state)
            #expect(schema.state[.operatorFiles] == 20_260_102_000_000)
            await manager.shutDown()
            await system.close()
        }
    }

    /// A record with a file that is missing now, one that was changed, and one that came in between.
    @Test(arguments: [
        (
            ["20260101000000_a.sql": "-- migrate:up\nCREATE TABLE A (N INTEGER);"], "operator 20260103000000 (c)",
            "is missing"
        ),
        (
            [
                "20260101000000_a.sql": "-- migrate:up\nCREATE TABLE A (N TEXT);",
                "20260103000000_c.sql": "-- migrate:up\nCREATE TABLE C (N INTEGER);",
            ], "operator 20260101000000 (a)", "was changed"
        ),
        (
            [
                "20260101000000_a.sql": "-- migrate:up\nCREATE TABLE A (N INTEGER);",
                "20260102000000_b.sql": "-- migrate:up\nCREATE TABLE B (N INTEGER);",
                "20260103000000_c.sql": "-- migrate:up\nCREATE TABLE C (N INTEGER);",
            ], "operator 20260102000000 (b)", "is older than"
        ),
    ])
    func filesThatDisagreeWithTheRecordAreRefused(later: [String: String], title: String, reason: String) async throws {
        try write([
            "20260101000000_a.sql": "-- migrate:up\nCREATE TABLE A (N INTEGER);",
            "20260103000000_c.sql": "-- migrate:up\nCREATE TABLE C (N INTEGER);",
        ])
        let engine = SQLiteEngine()
        let place = DatabaseLocation.file(directory.file("user.db"))
        try await engine.makeDatabase(at: place, schema: Schema([], files: try read()), identity: nil)
        for file in directory.contents() where file.hasSuffix(".sql") {
            try FileManager.default.removeItem(atPath: directory.file(file))
        }
        try write(later)
        let schema = Schema([], files: try read())
        let error = await #expect(throws: TenancyError.self) {
            try await engine.withConnection(to: place, as: .maintenance) {
                try await SchemaMigrations.migrate(
                    $0, to: schema, dialect: engine.dialect, date: Timestamp(milliseconds: 0))
            }
        }
        #expect(error?.code == .migrationConflict)
        #expect(
            error?.message.contains(title) == true && error?.message.contains(reason) == true, "\(error?.message ?? "")"
        )
    }
}
