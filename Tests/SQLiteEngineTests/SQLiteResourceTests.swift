internal import CSQLiteBounds
import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// What one hostile statement may take of the process.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct SQLiteResourceTests {
    private static let reading = StatementLimits(access: .read)
    /// 90,000 rows of 200 bytes, which must be sorted before the first is known.
    private static let sorting = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000) \
        SELECT COUNT(*) FROM (SELECT b FROM (SELECT randomblob(200) AS b FROM n) ORDER BY b LIMIT 90000 OFFSET 1)
        """

    @Test func oneValueHasABound() async throws {
        let connection = try await SQLiteFixture().connection()
        let before = try Self.residentBytes()
        let failure = await connection.failure(
            of: "SELECT length(hex(randomblob(450000000)))", limits: Self.reading)
        #expect(failure == .resultTooLarge)
        #expect(
            await connection.failure(of: "SELECT zeroblob(16 * 1024 * 1024 + 1)", limits: Self.reading)
                == .resultTooLarge)
        #expect(await connection.failure(of: "SELECT length(zeroblob(16 * 1024 * 1024))", limits: Self.reading) == nil)
        #expect(try Self.residentBytes() - before < 100 * 1024 * 1024)
        await connection.close()
    }

    @Test func manyLargeValuesHaveOneToo() async throws {
        let connection = try await SQLiteFixture().connection()
        let columns = (0..<100).map { "hex(randomblob(8000000 + \($0)))" }.joined(separator: ", ")
        #expect(await connection.failure(of: "SELECT \(columns)", limits: Self.reading) == .overloaded)
        #expect(unify_sqlite_memory() <= Int64(SQLiteEngine.maxMemoryBytes))
        // What it had is given back, and the connection goes on.
        #expect(await connection.failure(of: "SELECT length(zeroblob(16000000))", limits: Self.reading) == nil)
        await connection.close()
    }

    @Test func temporaryFilesHaveABound() async throws {
        let options = SQLiteEngine.Options(maxTemporaryBytes: 4 * 1024 * 1024)
        let fixture = try SQLiteFixture(options: options)
        let connection = try await fixture.connection()
        let before = unify_sqlite_temporary_bytes()
        #expect(await connection.failure(of: Self.sorting, limits: Self.reading) == .diskFull)
        #expect(unify_sqlite_temporary_bytes() == before, "all is given back")
        #expect(await connection.failure(of: "SELECT * FROM Things", limits: Self.reading) == nil)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    /// The negative control: within the bound the same statement runs.
    @Test func withinTheBoundStatementsMaySpill() async throws {
        let connection = try await SQLiteFixture().connection()
        #expect(await connection.failure(of: Self.sorting, limits: Self.reading) == nil)
        await connection.close()
    }

    @Test func aTriggerThatLiesInWaitDoesNotRunForMaintenance() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        try fixture.runOutside("CREATE TRIGGER t AFTER INSERT ON Things BEGIN UPDATE Things SET Name = 'mine'; END")
        defer { withExtendedLifetime(fixture) {} }
        for (role, name) in [(ConnectionRole.maintenance, "new"), (.user, "mine")] {
            let connection = try await fixture.engine.connect(to: fixture.location, as: role)
            try await connection.run("INSERT INTO Things (Name) VALUES ('new')")
            #expect(try await connection.run("SELECT MAX(Name) FROM Things").cells == [.text(name)])
            await connection.close()
        }
    }

    private static func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
        return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }) * 1024
    }
}
