import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

@Suite("SQLiteStatementPolicy", .tags(.proof), .timeLimit(.minutes(1)))
struct SQLiteStatementPolicyTests {
    @Test(
        arguments: [
            "ATTACH DATABASE ':memory:' AS other", "ATTACH DATABASE '/tmp/other.db' AS other", "DETACH DATABASE main",
            "SELECT load_extension('nothing')", "PRAGMA writable_schema = 1", "PRAGMA journal_mode = DELETE",
            "PRAGMA journal_mode", "PRAGMA synchronous = OFF", "PRAGMA user_version = 5", "PRAGMA foreign_keys = OFF",
            "PRAGMA trusted_schema = 1", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA temp_store_directory = '/tmp'",
            "PRAGMA main.journal_mode = DELETE", "pragma JOURNAL_MODE = delete", "VACUUM INTO '/tmp/copy.db'", "VACUUM",
        ], [ConnectionRole.user, .maintenance, .main])
    func refusesWhatReachesBeyondTheDatabase(_ sql: String, _ role: ConnectionRole) async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection(as: role)
        #expect(await connection.failure(of: sql) == .notAuthorized)
        #expect(await connection.failure(of: "INSERT INTO Things (Name) VALUES ('usable')") == nil)
        await connection.close()
        #expect(fixture.directory.contents().allSatisfy { $0.hasPrefix("test.db") })
    }

    @Test(arguments: ["PRAGMA table_info(Things)", "PRAGMA page_count", "SELECT upper('a'), json_array(1)"])
    func allowsWhatOnlyReads(_ sql: String) async throws {
        let connection = try await SQLiteFixture().connection()
        #expect(await connection.failure(of: sql, limits: StatementLimits(access: .read)) == nil)
        await connection.close()
    }

    @Test(
        arguments: [
            "UPDATE sqlite_master SET sql = 'x'", "DELETE FROM sqlite_master",
            "INSERT INTO sqlite_master VALUES ('table', 'a', 'a', 0, 'CREATE TABLE a (b)')",
            "DELETE FROM sqlite_schema",
        ], [ConnectionRole.user, .maintenance])
    func refusesWritingTheSchemaTable(_ sql: String, _ role: ConnectionRole) async throws {
        let connection = try await SQLiteFixture().connection(as: role)
        #expect(await connection.failure(of: sql) != nil)
        #expect(await connection.failure(of: "SELECT * FROM Things") == nil)
        await connection.close()
    }

    @Test(
        arguments: [
            "CREATE TRIGGER t AFTER INSERT ON Database_Identity BEGIN SELECT 1; END",
            "CREATE TEMP TRIGGER t AFTER INSERT ON Database_Identity BEGIN SELECT 1; END",
            "CREATE TRIGGER t AFTER INSERT ON Things BEGIN DELETE FROM Database_Identity; END; ",
            "REPLACE INTO Database_Identity VALUES (1, 8, 'x', 1, 'x')",
            "ALTER TABLE Database_Identity RENAME TO Other", "ALTER TABLE Database_Identity RENAME COLUMN User_ID TO X",
            "WITH a AS (SELECT 1) UPDATE Database_Identity SET User_ID = 8",
        ])
    func keepsTheStampFromUsers(_ sql: String) async throws {
        let fixture = try SQLiteFixture()
        let identity = DatabaseIdentity(userID: 7, uuid: .random(), schemaVersion: 1, fingerprint: "f")
        try await fixture.engine.makeDatabase(at: fixture.location, schema: SQLiteFixture.schema, identity: identity)
        let connection = try await fixture.connection()
        let first = await connection.failure(of: sql)
        // The body of a trigger is looked at when the trigger runs.
        let second = await connection.failure(of: "INSERT INTO Things (Name) VALUES ('x')")
        #expect(first == .notAuthorized || second == .notAuthorized)
        #expect(try await DatabaseIdentity.read(from: connection, dialect: fixture.engine.dialect) == identity)
        await connection.close()
    }

    @Test func doesNotTakeDoubleQuotedNamesForText() async throws {
        let connection = try await SQLiteFixture().connection()
        #expect(await connection.failure(of: "SELECT \"no such column\"") == .invalidStatement)
        await connection.close()
    }

    @Test func refusesTextBehindANul() async throws {
        let connection = try await SQLiteFixture().connection()
        #expect(await connection.failure(of: "SELECT 1\0; DROP TABLE Things") == .invalidStatement)
        await connection.close()
    }
}
