internal import CSQLite
internal import CSQLiteBounds
import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// The memory that one statement may take, whatever the size of its blocks.
@Suite(.serialized, .timeLimit(.minutes(1)))
struct SQLiteMemoryTests {
    private static let reading = StatementLimits(access: .read)
    private static let mebibyte = 1024 * 1024

    /// A statement that holds twenty times `count` blocks when it comes to its innermost expression: the zeros, and their
    /// copies with one more byte.
    private static func nested(_ bytes: Int, count: Int = 60, innermost: String = "1") -> String {
        let blocks = Array(repeating: "zeroblob(\(bytes)) || randomblob(1)", count: count).joined(separator: ", ")
        let opening = String(repeating: "max(\(blocks), ", count: 10)
        return "SELECT length(\(opening)\(innermost)\(String(repeating: ")", count: 11))"
    }

    /// 96, 156 and 300 MB; the limit is 134 MB.
    private static let fitting = nested(80_000)
    private static let tooLarge = nested(130_000)
    private static let farTooLarge = nested(250_000)

    private static func fixture(memory: Int, time: any TimeSource = SystemTimeSource()) throws -> SQLiteFixture {
        try SQLiteFixture(options: SQLiteEngine.Options(maxStatementMemoryBytes: memory * mebibyte), time: time)
    }

    @Test func theBounds() {
        #expect(SQLiteEngine.Options().maxStatementMemoryBytes == 128 * Self.mebibyte)
        #expect(SQLiteEngine.maxMemoryBytes == 256 * Self.mebibyte)
    }

    @Test(arguments: [20_000, 100_000, 250_000])
    func blocksOfEverySizeCount(bytes: Int) async throws {
        let needed = bytes * 500 / Self.mebibyte
        for (bound, expected) in [(needed / 2, TenancyError.Code.overloaded), (needed + 8, nil)] {
            let fixture = try Self.fixture(memory: bound)
            let connection = try await fixture.connection()
            // The first run prepares the statement, the second one tries it as a short one.
            for _ in 0..<2 {
                #expect(
                    await connection.failure(of: Self.nested(bytes, count: 25), limits: Self.reading) == expected)
            }
            await connection.close()
            withExtendedLifetime(fixture) {}
        }
    }

    @Test func aRefusedStatementHasTakenLittle() async throws {
        let fixture = try Self.fixture(memory: 16)
        let connection = try await fixture.connection()
        // Other tests run in this process, so the least of three measurements counts.
        var growth = Int.max
        for _ in 0..<3 {
            try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
            let before = try Self.peakBytes()
            #expect(await connection.failure(of: Self.farTooLarge, limits: Self.reading) == .overloaded)
            growth = min(growth, try Self.peakBytes() - before)
        }
        #expect(growth < 64 * Self.mebibyte)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    /// Where a statement has no limit of its own, the process's limit counts its small blocks.
    @Test func allStatementsTogetherHaveABound() async throws {
        let fixture = try Self.fixture(memory: 4096)
        let connection = try await fixture.connection()
        #expect(await connection.failure(of: Self.farTooLarge, limits: Self.reading) == .overloaded)
        #expect(unify_sqlite_memory() <= Int64(SQLiteEngine.maxMemoryBytes))
        #expect(await connection.failure(of: Self.fitting, limits: Self.reading) == nil)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    /// If each of these left what it had, the third one would find nothing.
    @Test func nothingIsLeftAfterErrors() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let overflow = "abs(-9223372036854775807 - length(randomblob(1)))"
        for _ in 0..<4 {
            #expect(await connection.failure(of: Self.tooLarge, limits: Self.reading) == .overloaded)
            #expect(
                await connection.failure(of: Self.nested(80_000, innermost: overflow), limits: Self.reading)
                    == .invalidStatement)
            #expect(await connection.failure(of: Self.fitting, limits: Self.reading) == nil)
        }
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    @Test func nothingIsLeftAfterCancellations() async throws {
        let endless = Self.nested(80_000, innermost: "(\(Endless.sql))")
        for _ in 0..<3 {
            let clock = WatchedClock(readings: 20)
            let fixture = try Self.fixture(memory: 128, time: clock)
            let connection = try await fixture.connection()
            let query = Task { await connection.failure(of: endless, limits: Self.reading) }
            for await _ in clock.isRunning { break }
            query.cancel()
            #expect(await query.value == .cancelled)
            #expect(await connection.failure(of: Self.fitting, limits: Self.reading) == nil)
            await connection.close()
            withExtendedLifetime(fixture) {}
        }
    }

    /// A small limit does not disturb statements that work on many rows.
    @Test func ordinaryWorkFits() async throws {
        let fixture = try Self.fixture(memory: 16)
        let connection = try await fixture.connection()
        let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
        for sql in [
            "\(rows) INSERT INTO Things (Name) SELECT hex(randomblob(100)) FROM n",
            "SELECT COUNT(*) FROM (SELECT Name FROM Things ORDER BY Name LIMIT 60000 OFFSET 1)",
            "SELECT COUNT(DISTINCT Name) FROM Things",
            "SELECT substr(Name, 1, 2), COUNT(*), max(Name) FROM Things GROUP BY 1",
            "UPDATE Things SET Name = Name || 'x'", "DELETE FROM Things",
        ] {
            #expect(await connection.failure(of: sql) == nil, "\(sql)")
        }
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    // MARK: The account itself

    private static let blockBytes: Int32 = 100_000

    /// Takes blocks until there are no more, 1,000 at most.
    private static func takeBlocks() -> [UnsafeMutableRawPointer] {
        var blocks: [UnsafeMutableRawPointer] = []
        while blocks.count < 1000, let block = sqlite3_malloc(blockBytes) { blocks.append(block) }
        return blocks
    }

    private static func free(_ blocks: [UnsafeMutableRawPointer]) { for block in blocks { sqlite3_free(block) } }

    @Test func anAccountCountsOneStatement() throws {
        // The engine installs the allocator.
        let fixture = try SQLiteFixture()
        let account = try #require(unify_sqlite_account_open(Int64(16 * Self.mebibyte), 0))
        defer { unify_sqlite_account_close(account) }
        let most = 16 * Self.mebibyte / Int(Self.blockBytes)

        unify_sqlite_statement_begin(account)
        let first = Self.takeBlocks()
        #expect((most - 1...most).contains(first.count))
        #expect(sqlite3_realloc(first[0], Self.blockBytes * 20) == nil, "growing counts as well")
        Self.free(Array(first[0..<20]))
        let again = Self.takeBlocks()
        #expect((19...20).contains(again.count), "what is freed may be taken again")
        unify_sqlite_statement_end()

        // What the first statement left neither burdens the second one nor is credited to it.
        unify_sqlite_statement_begin(account)
        Self.free(Array(first[20...]))
        let second = Self.takeBlocks()
        #expect((most - 1...most).contains(second.count))
        unify_sqlite_statement_end()

        let outside = Self.takeBlocks()
        #expect(outside.count == 1000, "outside a statement there is no account")
        Self.free(again + second + outside)
        withExtendedLifetime(fixture) {}
    }

    @Test func aBlockMayBeFreedOnAnotherThread() throws {
        let fixture = try SQLiteFixture()
        let account = try #require(unify_sqlite_account_open(Int64(16 * Self.mebibyte), 0))
        defer { unify_sqlite_account_close(account) }
        let counts = Self.countsAcrossThreads(account)
        #expect(counts.first == counts.second)
        withExtendedLifetime(fixture) {}
    }

    /// How many blocks two statements could take, where another thread frees those of the first one in between, in a
    /// statement of its own.
    private static func countsAcrossThreads(_ account: OpaquePointer) -> (first: Int, second: Int) {
        unify_sqlite_statement_begin(account)
        let first = takeBlocks()
        unify_sqlite_statement_end()
        let addresses = first.map { UInt(bitPattern: $0) }
        let isFreed = DispatchSemaphore(value: 0)
        let other = UInt(bitPattern: account)
        Thread.detachNewThread {
            unify_sqlite_statement_begin(OpaquePointer(bitPattern: other))
            for address in addresses { sqlite3_free(UnsafeMutableRawPointer(bitPattern: address)) }
            unify_sqlite_statement_end()
            isFreed.signal()
        }
        isFreed.wait()
        unify_sqlite_statement_begin(account)
        let second = takeBlocks()
        unify_sqlite_statement_end()
        free(second)
        return (first.count, second.count)
    }

    /// The most that the process has had in memory since the peak was reset.
    private static func peakBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }) * 1024
    }
}
