import CSQLite
import Foundation
import Synchronization
import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

/// The bounds of docs/limits.md that SQLiteEngine has where nothing else is said.
@Suite("The bounds of SQLiteEngine", .tags(.proof), .timeLimit(.minutes(2)))
struct SQLiteBoundTests {
    @Test func options() {
        let options = SQLiteEngine.Options()
        #expect(options.maxThreads == 64)
        #expect(options.busyLimit == .seconds(5))
        #expect(options.statementCacheSize == 64)
        #expect(options.pageCacheKiB == 1024)
        #expect(options.durability == .full)
    }

    // MARK: Results

    @Test func rowsOfAResult() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let limits = StatementLimits(access: .read)
        func numbers(upTo count: Int) -> String {
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < \(count)) SELECT x FROM n"
        }
        #expect(try await connection.run(numbers(upTo: 100_000), limits: limits).count == 100_000)
        #expect(await connection.failure(of: numbers(upTo: 100_001), limits: limits) == .resultTooLarge)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    @Test func bytesOfAResult() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let limits = StatementLimits(access: .read)
        let blobs = Array(repeating: "zeroblob(16777216)", count: 4).joined(separator: ", ")
        let most = try await connection.run("SELECT \(blobs)", limits: limits)
        #expect(most.cells == Array(repeating: .blob([UInt8](repeating: 0, count: 16 * 1_048_576)), count: 4))
        #expect(await connection.failure(of: "SELECT \(blobs), 'x'", limits: limits) == .resultTooLarge)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    // MARK: Time

    /// A clock that goes on by one step whenever it is looked at.
    private final class SteppingClock: TimeSource {
        private let step: Duration
        private let count = Atomic(0)

        init(step: Duration) { self.step = step }

        /// How often it was looked at.
        var looks: Int { count.load(ordering: .relaxed) }
        var monotonicNow: Duration { step * count.add(1, ordering: .relaxed).newValue }
        var wallNow: Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }
        func sleep(for duration: Duration) async throws { try Task.checkCancellation() }
    }

    /// How much time passes on a clock of small steps until waiting for another connection's lock is given up.
    private func waiting(
        _ options: SQLiteEngine.Options, step: Duration, for expected: TenancyError.Code,
        _ body: (any DatabaseConnection) async throws -> Void
    ) async throws -> Duration {
        let clock = SteppingClock(step: step)
        let fixture = try SQLiteFixture(options: options, time: clock)
        let connection = try await fixture.connection()
        let holder = try await SQLiteEngine().connect(to: fixture.location, as: .user)
        try await holder.begin(.write)
        let before = clock.looks
        let failure = await code { try await body(connection) }
        #expect(failure == expected)
        let passed = step * (clock.looks - before)
        try await holder.rollback()
        await holder.close()
        await connection.close()
        withExtendedLifetime(fixture) {}
        return passed
    }

    @Test func waitForAnotherProcesssLock() async throws {
        let passed = try await waiting(.init(), step: .milliseconds(100), for: .busy) {
            try await $0.run("INSERT INTO Things (Name) VALUES ('x')")
        }
        // Some looks are at the begin and at the end.
        #expect((Duration.seconds(5)...(.milliseconds(5_800))).contains(passed), "\(passed)")
    }

    @Test func timeOfTransactionWords() async throws {
        let passed = try await waiting(.init(busyLimit: .seconds(600)), step: .seconds(1), for: .deadlineExceeded) {
            try await $0.begin(.write)
        }
        #expect((Duration.seconds(30)...(.seconds(34))).contains(passed), "\(passed)")
    }

    @Test func looksAtTheClock() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let clock = SteppingClock(step: .zero)
        let handle = try SQLiteHandle(path: fixture.path, role: .user, options: .init(), time: clock)
        defer { handle.close() }
        let before = clock.looks
        let sql = """
            WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 100000) SELECT COUNT(*) FROM n
            """
        let ticket = SQLiteCancellation().makeTicket()
        _ = try handle.query(SQLStatement(sql), StatementLimits(access: .read), ticket)
        let looks = clock.looks - before
        let statement = try #require(sqlite3_next_stmt(handle.pointer, nil))
        let instructions = Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0))
        #expect(instructions > 500_000)
        let expected = instructions / 2000
        #expect((expected * 9 / 10...expected * 11 / 10).contains(looks), "\(looks) in \(instructions) instructions")
        withExtendedLifetime(fixture) {}
    }

    // MARK: One connection

    @Test func preparedStatements() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let handle = try SQLiteHandle(path: fixture.path, role: .user, options: .init(), time: SystemTimeSource())
        defer { handle.close() }
        let ticket = SQLiteCancellation().makeTicket()
        for number in 1...70 {
            _ = try handle.query(SQLStatement("SELECT \(number)"), StatementLimits(access: .read), ticket)
            #expect(handle.preparedCount == min(number, 64))
        }
        withExtendedLifetime(fixture) {}
    }

    @Test func thePageCache() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let handle = try SQLiteHandle(path: fixture.path, role: .user, options: .init(), time: SystemTimeSource())
        defer { handle.close() }
        // The authorizer refuses the question.
        sqlite3_set_authorizer(handle.pointer, nil, nil)
        var statement: OpaquePointer?
        defer { sqlite3_finalize(statement) }
        #expect(sqlite3_prepare_v2(handle.pointer, "PRAGMA cache_size", -1, &statement, nil) == SQLITE_OK)
        #expect(sqlite3_step(statement) == SQLITE_ROW)
        // Below zero it is in KiB.
        #expect(sqlite3_column_int64(statement, 0) == -1024)
        withExtendedLifetime(fixture) {}
    }

    @Test func descriptors() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('in the log')")
        let folder = "/proc/self/fd"
        let links = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
            // The one that lists the folder is gone by now.
            try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
        }
        #expect(links.count { $0.hasPrefix(fixture.path) } == 3)
        #expect(fixture.engine.capabilities.descriptorsPerConnection == 3)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    @Test func findingsOfACheck() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let rows = (1...11).map { "(-\($0))" }.joined(separator: ", ")
        try fixture.runOutside(
            "CREATE TABLE Bad (A INTEGER CHECK (A > 0)); PRAGMA ignore_check_constraints = ON; "
                + "INSERT INTO Bad VALUES \(rows)")
        let connection = try await fixture.engine.connect(to: fixture.location, as: .user)
        #expect(try await fixture.engine.integrityProblems(on: connection).count == 10)
        await connection.close()
        withExtendedLifetime(fixture) {}
    }

    // MARK: Threads

    /// A clock that holds up who looks at it, and remembers on which threads that was.
    private final class HoldingClock: TimeSource {
        private struct State {
            var isHolding = false
            var isRecording = false
            var threads: Set<ObjectIdentifier> = []
        }

        private let state = Lock(State())
        private let turnstile = DispatchSemaphore(value: 0)

        var threadCount: Int { state.withLock { $0.threads.count } }

        func hold() {
            state.withLock { state in
                state.isHolding = true
                state.isRecording = true
            }
        }

        func release() {
            state.withLock { $0.isHolding = false }
            turnstile.signal()
        }

        var monotonicNow: Duration {
            let thread = ObjectIdentifier(Thread.current)
            let isHolding = state.withLock { state in
                if state.isRecording { state.threads.insert(thread) }
                return state.isHolding
            }
            if isHolding {
                turnstile.wait()
                turnstile.signal()
            }
            return .seconds(1000)
        }

        var wallNow: Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }
        func sleep(for duration: Duration) async throws { try Task.checkCancellation() }
    }

    /// Runs each part of a task where it is made ready.
    private final class InlineExecutor: TaskExecutor {
        func enqueue(_ job: consuming ExecutorJob) {
            UnownedJob(job).runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    @Test func threadsForAllDatabases() async throws {
        let clock = HoldingClock()
        let fixture = try SQLiteFixture(options: .init(maxThreads: 2), time: clock)
        try await fixture.make()
        var connections: [any DatabaseConnection] = []
        for _ in 0..<6 { connections.append(try await fixture.engine.connect(to: fixture.location, as: .user)) }
        let all = connections
        let executor = InlineExecutor()
        clock.hold()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for connection in all {
                group.addTask(executorPreference: executor) { try await connection.run("SELECT COUNT(*) FROM Things") }
            }
            // All have asked by now; so many were given a thread.
            while clock.threadCount < 2 { await Task.yield() }
            clock.release()
            try await group.waitForAll()
        }
        #expect(clock.threadCount == 2)
        for connection in all { await connection.close() }
        withExtendedLifetime(fixture) {}
    }
}
