import CSQLite
import Foundation
import Synchronization
import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

/// Short reads run where they are asked for; everything else goes to a thread of the engine.
@Suite(.timeLimit(.minutes(1))) struct ShortReadTests {
    private let limits = StatementLimits(access: .read)
    private let named = SQLStatement("SELECT Name FROM Things WHERE Thing_ID = ?", [1])

    private func withHandle(rows: Int, _ body: (SQLiteHandle) throws -> Void) async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let handle = try SQLiteHandle(
            path: fixture.path, role: .main, options: SQLiteEngine.Options(), time: SystemTimeSource())
        defer { handle.close() }
        let ticket = SQLiteCancellation().makeTicket()
        for row in 0..<rows {
            _ = try handle.execute(
                SQLStatement("INSERT INTO Things (Name) VALUES (?)", [.text("row \(row)")]), StatementLimits(), ticket)
        }
        try body(handle)
    }

    /// What makes a statement known: that it ran once.
    private func runOnce(_ statement: SQLStatement, on handle: SQLiteHandle) throws -> ResultSet {
        try handle.query(statement, limits, SQLiteCancellation().makeTicket())
    }

    @Test func aStatementRunsShortFromItsSecondTimeOn() async throws {
        try await withHandle(rows: 1) { handle in
            #expect(try handle.queryIfShort(named, limits) == nil)
            _ = try runOnce(named, on: handle)
            let found = try #require(try handle.queryIfShort(named, limits))
            #expect(try found.map { try $0.text("Name") } == ["row 0"])
        }
    }

    @Test func aLongOneIsGivenUpAndNotTriedForAWhile() async throws {
        try await withHandle(rows: 400) { handle in
            let long = SQLStatement("SELECT COUNT(*) AS Number FROM Things A, Things B WHERE A.Name < B.Name")
            let right = try runOnce(long, on: handle)
            let began = sqlite3_total_changes64(handle.pointer)
            for _ in 0..<16 { #expect(try handle.queryIfShort(long, limits) == nil) }
            #expect(try runOnce(long, on: handle)[0].integer("Number") == right[0].integer("Number"))
            #expect(sqlite3_total_changes64(handle.pointer) == began)
            _ = try runOnce(named, on: handle)
            #expect(try handle.queryIfShort(named, limits) != nil, "others are not held up")
        }
    }

    @Test func aLargeOneIsGivenUp() async throws {
        try await withHandle(rows: 0) { handle in
            let ticket = SQLiteCancellation().makeTicket()
            for length in [SQLiteHandle.maxShortBytes, 1] {
                _ = try handle.execute(
                    SQLStatement(
                        "INSERT INTO Things (Name) VALUES (?)", [.text(String(repeating: "x", count: length))]),
                    StatementLimits(), ticket)
            }
            let first = SQLStatement("SELECT Name FROM Things WHERE Thing_ID <= ?", [1])
            let both = SQLStatement("SELECT Name FROM Things WHERE Thing_ID <= ?", [2])
            _ = try runOnce(both, on: handle)
            #expect(try handle.queryIfShort(first, limits) != nil)
            #expect(try handle.queryIfShort(both, limits) == nil)
        }
    }

    @Test func aWriteIsNeverShort() async throws {
        try await withHandle(rows: 1) { handle in
            let insertion = SQLStatement("INSERT INTO Things (Name) VALUES ('x') RETURNING Thing_ID")
            _ = try handle.query(insertion, StatementLimits(), SQLiteCancellation().makeTicket())
            #expect(try handle.queryIfShort(insertion, StatementLimits()) == nil)
        }
    }

    @Test func aReadInsideATransactionSeesItsWritesAndLeavesItWhole() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let long = "SELECT COUNT(*) AS Number FROM Things A, Things B, Things C WHERE A.Name < B.Name OR C.Name < 'x'"
        try await connection.begin(.write)
        for number in 0..<40 { try await connection.run("INSERT INTO Things (Name) VALUES ('\(number)')") }
        for _ in 0..<3 {
            #expect(try await connection.run("SELECT COUNT(*) AS Number FROM Things")[0].integer("Number") == 40)
            #expect(try await connection.run(long)[0].integer("Number") > 0)
        }
        try await connection.commit()
        #expect(try await connection.run("SELECT COUNT(*) AS Number FROM Things")[0].integer("Number") == 40)
        await connection.close()
    }

    @Test func aLockIsNotWaitedForOnTheCallersThread() async throws {
        let fixture = try SQLiteFixture(options: .init(busyLimit: .seconds(30)))
        let connection = try await fixture.connection()
        let read = SQLStatement("SELECT Name FROM Things")
        _ = try await connection.query(read, limits: limits)
        // Another program that holds the whole file, as one that recovers the log does.
        try fixture.runOutside("PRAGMA journal_mode = WAL")
        let handle = try SQLiteHandle(
            path: fixture.path, role: .main, options: SQLiteEngine.Options(), time: SystemTimeSource())
        _ = try handle.query(read, limits, SQLiteCancellation().makeTicket())
        #expect(try handle.queryIfShort(read, limits) != nil)
        handle.close()
        await connection.close()
    }
}
