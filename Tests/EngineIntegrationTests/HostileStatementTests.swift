import Foundation
import MySQLEngine
import PostgreSQLEngine
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// What a user's connection lets pass must leave nothing behind on the real servers: nothing at all on a lease for reading,
/// nothing but rows on one for writing.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct HostileStatementTests {
    private static let seed: UInt64 = 20_261_127

    @Test func nothingIsLeftBehindOnPostgreSQL() async throws {
        try await TestDatabase.with(PostgreSQLEngine()) { database in
            let trace = try await HostileTrace(database.engine, database.location)
            try await Self.nothingIsLeftBehind(HostileStatements.postgresql, trace)
        }
    }

    @Test func nothingIsLeftBehindOnMySQL() async throws {
        try await TestDatabase.with(MySQLEngine()) { database in
            let trace = try await HostileTrace(database.engine, database.location)
            try await Self.nothingIsLeftBehind(HostileStatements.mysql, trace)
        }
    }

    @Test func nothingIsLeftBehindInAFile() async throws {
        try await Self.withFile { try await Self.nothingIsLeftBehind(HostileStatements.sqlite, $0) }
    }

    /// The same statements do leave traces where nothing stands in their way: the looking is not blind.
    @Test func withoutThePolicyPostgreSQLIsChanged() async throws {
        var options = PostgreSQLEngine.Options()
        options.disabledSafeguards = [.statementPolicy, .readOnlyTransactions]
        try await TestDatabase.with(PostgreSQLEngine(options: options)) { database in
            let trace = try await HostileTrace(database.engine, database.location)
            #expect(await Self.tracesLeft(by: HostileStatements.postgresql, trace) >= 5)
        }
    }

    @Test func withoutThePolicyMySQLIsChanged() async throws {
        var options = MySQLEngine.Options()
        options.disabledSafeguards = [.statementPolicy, .readOnlyTransactions]
        try await TestDatabase.with(MySQLEngine(options: options)) { database in
            let trace = try await HostileTrace(database.engine, database.location)
            #expect(await Self.tracesLeft(by: HostileStatements.mysql, trace) >= 5)
        }
    }

    /// With the words alone taken away, the servers still keep a lease for reading from changing rows.
    @Test(arguments: [EngineKind.postgresql, .mysql])
    func serversKeepReadersFromWritingByThemselves(_ kind: EngineKind) async throws {
        var (postgresql, mysql) = (PostgreSQLEngine.Options(), MySQLEngine.Options())
        postgresql.disabledSafeguards = [.statementPolicy]
        mysql.disabledSafeguards = [.statementPolicy]
        let engine: any DatabaseEngine =
            kind == .mysql ? MySQLEngine(options: mysql) : PostgreSQLEngine(options: postgresql)
        try await TestDatabase.with(engine) { database in
            let trace = try await HostileTrace(database.engine, database.location)
            let before = try await trace.stored()
            for sql in [
                "DELETE FROM Things", "COMMIT", "DELETE FROM Things", "UPDATE Things SET Amount = 9",
                "SELECT set_config('transaction_read_only', 'off', true)", "SET SESSION TRANSACTION READ WRITE",
                "SELECT set_config('default_transaction_read_only', 'off', false)", "DELETE FROM Things",
            ] { await trace.run(sql, .read) }
            #expect(try await trace.stored() == before)
            await trace.close()
        }
    }

    /// The policy is no wall: what only reads goes on being answered.
    @Test func honestQueriesRun() async throws {
        let common = ["SELECT 1", "WITH a AS (SELECT 1 AS b) SELECT b FROM a", "EXPLAIN SELECT * FROM Things"]
        let own: [(any DatabaseEngine, [String])] = [
            (
                PostgreSQLEngine(),
                ["VALUES (1)", "TABLE Things", "EXPLAIN (COSTS OFF, FORMAT JSON) SELECT 1", "SELECT E'\\''"]
            ),
            (
                MySQLEngine(),
                ["SHOW TABLES", "DESC Things", "SHOW CREATE TABLE Things", "VALUES (1)", "SELECT '\\', \"it's\""]
            ),
        ]
        for (engine, statements) in own {
            try await TestDatabase.with(engine) { database in
                try await database.withConnection { connection in
                    for sql in common + statements {
                        for _ in 1...2 {
                            await #expect(throws: Never.self, "\(engine.kind): \(sql)") {
                                try await connection.cells(sql)
                            }
                        }
                    }
                }
            }
        }
    }

    private static func withFile(_ body: (HostileTrace) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let engine = SQLiteEngine()
        let location = DatabaseLocation.file("\(directory.path)/test.db")
        try await engine.makeDatabase(at: location, schema: TestDatabase.schema, identity: try TestDatabase.identity())
        try await body(try await HostileTrace(engine, location))
        #expect(directory.contents().allSatisfy { $0.hasPrefix("test.db") })
    }

    private static func nothingIsLeftBehind(_ statements: [String], _ trace: HostileTrace) async throws {
        var random = SeededGenerator(seed: seed)
        let (stored, session) = (try await trace.stored(), try await trace.session())
        for sql in statements {
            for variant in HostileStatements.variants(of: sql, count: 8, &random) {
                await trace.run(variant, .read)
                expect(try await trace.stored(), stored, "what is stored, after reading by \(variant.debugDescription)")
                expect(try await trace.session(), session, "the session, after reading by \(variant.debugDescription)")
            }
        }
        let schema = try await trace.schema()
        for sql in statements {
            for variant in HostileStatements.variants(of: sql, count: 2, &random) {
                await trace.run(variant, .write)
                expect(try await trace.session(), session, "the session, after writing by \(variant.debugDescription)")
                expect(try await trace.schema(), schema, "the schema, after writing by \(variant.debugDescription)")
            }
        }
        #expect(try await trace.logsIn())
        await trace.close()
    }

    /// Tells what differs, of hundreds of lines.
    private static func expect(_ found: [String], _ expected: [String], _ what: String) {
        guard found != expected else { return }
        Issue.record("\(what): \(Set(found).symmetricDifference(expected).sorted())")
    }

    /// How many of the statements were seen to change something.
    private static func tracesLeft(by statements: [String], _ trace: HostileTrace) async -> Int {
        var count = 0
        for sql in statements {
            let before = await trace.everything()
            await trace.run(sql, .read)
            count += await trace.everything() == before ? 0 : 1
        }
        await trace.close()
        return count
    }
}
