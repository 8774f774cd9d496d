import Foundation
import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

@Suite("SQLiteConnection", .timeLimit(.minutes(1)))
struct SQLiteConnectionTests {
    @Test func fileIsMadeForAWriteAheadLog() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        // sqlite.org/fileformat.html: the versions for writing and reading, 2 for a write-ahead log.
        #expect(try fixture.bytes()[18...19] == [2, 2])
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('in the log')")
        #expect(fixture.directory.contents() == ["test.db", "test.db-shm", "test.db-wal"])
        #expect(try !String(decoding: fixture.bytes(), as: UTF8.self).contains("in the log"))
        await connection.close()
        #expect(try String(decoding: fixture.bytes(), as: UTF8.self).contains("in the log"))
        #expect(try fixture.bytes()[18...19] == [2, 2])
    }

    @Test(arguments: [(SQLiteEngine.Durability.full, Int64(2)), (.normal, 1)])
    func synchronousIsWhatTheOptionsSay(_ durability: SQLiteEngine.Durability, _ level: Int64) async throws {
        let path = try SQLiteFixture()
        try await path.make()
        let options = SQLiteEngine.Options(durability: durability)
        let handle = try SQLiteHandle(
            path: path.path, role: .main, options: options, time: SystemTimeSource())
        defer { handle.close() }
        #expect(handle.synchronousLevel == level)
    }

    @Test func waitsNoLongerThanTheLimitForAnotherProcess() async throws {
        let fixture = try SQLiteFixture(options: .init(busyLimit: .milliseconds(30)))
        let connection = try await fixture.connection()
        let other = try await SQLiteEngine().connect(to: fixture.location, as: .user)
        try await other.begin(.write)
        #expect(await connection.failure(of: "INSERT INTO Things (Name) VALUES ('x')") == .busy)
        #expect(await code { try await connection.begin(.write) } == .busy)
        #expect(await connection.failure(of: "SELECT * FROM Things") == nil)
        try await other.commit()
        try await connection.begin(.write)
        try await connection.commit()
        await other.close()
        await connection.close()
    }

    @Test func waitsForALockThatIsGivenBackInTime() async throws {
        let clock = WatchedClock(readings: 12)
        let fixture = try SQLiteFixture(time: clock)
        let connection = try await fixture.connection()
        let other = try await SQLiteEngine().connect(to: fixture.location, as: .user)
        try await other.begin(.write)
        async let waiting: ResultSet = connection.run("INSERT INTO Things (Name) VALUES ('x')")
        for await _ in clock.isRunning { break }
        try await other.commit()
        _ = try await waiting
        await other.close()
        await connection.close()
    }

    @Test func cancellingStopsAStatementInTheMiddle() async throws {
        let clock = WatchedClock(readings: 20)
        let connection = try await SQLiteFixture(time: clock).connection()
        let query = Task { await connection.failure(of: Endless.sql) }
        for await _ in clock.isRunning { break }
        query.cancel()
        #expect(await query.value == .cancelled)
        #expect(await connection.reset())
        #expect(await connection.failure(of: "SELECT * FROM Things") == nil)
        await connection.close()
    }

    @Test func interruptStopsAStatementInTheMiddle() async throws {
        let clock = WatchedClock(readings: 20)
        let connection = try await SQLiteFixture(time: clock).connection()
        async let query = connection.failure(of: Endless.sql)
        for await _ in clock.isRunning { break }
        connection.interrupt()
        #expect(await query == .cancelled)
        await connection.close()
    }

    @Test func cancellingAWaitingStatementLeavesTheRunningOneAlone() async throws {
        let clock = WatchedClock(readings: 20)
        let connection = try await SQLiteFixture(time: clock).connection()
        let running = Task { await connection.failure(of: Endless.sql) }
        for await _ in clock.isRunning { break }
        let waiting = Task { await connection.failure(of: "INSERT INTO Things (Name) VALUES ('x')") }
        waiting.cancel()
        running.cancel()
        #expect(await waiting.value == .cancelled)
        #expect(await running.value == .cancelled)
        #expect(try await connection.run("SELECT * FROM Things").isEmpty)
        await connection.close()
    }

    @Test func keepsNoMorePreparedStatementsThanItMay() async throws {
        let options = SQLiteEngine.Options(statementCacheSize: 3)
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let handle = try SQLiteHandle(path: fixture.path, role: .user, options: options, time: SystemTimeSource())
        defer { handle.close() }
        let ticket = SQLiteCancellation().makeTicket()
        for round in 1...2 {
            for number in 1...10 {
                let rows = try handle.query(SQLStatement("SELECT \(number) * \(round)"), StatementLimits(), ticket)
                #expect(rows[0][0] == .integer(Int64(number * round)))
                #expect(handle.preparedCount <= 3)
            }
        }
        #expect(handle.preparedCount == 3)
    }

    @Test func refusesStatementsAfterClosing() async throws {
        let connection = try await SQLiteFixture().connection()
        await connection.close()
        await connection.close()
        #expect(await connection.failure(of: "SELECT 1") == .leaseEnded)
        #expect(await !connection.reset())
    }

    @Test func tellsDamageInsideTheFile() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        for _ in 0..<50 {
            try await connection.run("INSERT INTO Things (Name) VALUES ('\(String(repeating: "n", count: 900))')")
        }
        await connection.close()
        var bytes = try fixture.bytes()
        for index in bytes.indices.dropFirst(bytes.count / 2) { bytes[index] = 0xA5 }
        try Data(bytes).write(to: URL(fileURLWithPath: fixture.path))
        let damaged = try await fixture.engine.connect(to: fixture.location, as: .user)
        // The check tells damage in its rows, or where it cannot go on, fails for it.
        do {
            #expect(try await !fixture.engine.integrityProblems(on: damaged).isEmpty)
        } catch let error as TenancyError {
            #expect(error.code == .databaseCorrupt)
        }
        #expect(await damaged.failure(of: "SELECT * FROM Things") == .databaseCorrupt)
        #expect(await !damaged.reset())
        await damaged.close()
    }
}
