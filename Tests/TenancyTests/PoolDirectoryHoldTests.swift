internal import Synchronization
import TenancyTesting
import Testing

@testable internal import Tenancy

/// Holds of a database: who waits, when the body runs, and when the hold ends.
@Suite("PoolDirectory, holds", .timeLimit(.minutes(1)))
struct PoolDirectoryHoldTests {
    private let time = ManualTimeSource()
    private let database = FakeDatabase()
    private let pool: PoolDirectory

    init() {
        pool = PoolDirectory(
            limits: PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 10, waitLimit: .seconds(10)), time: time)
    }

    private func borrow(_ key: PoolKey, inside: Gate? = nil, until gate: Gate? = nil) async throws {
        try await pool.withConnection(
            of: key, access: .read, hasSingleWriter: true, open: { _ in database.open() },
            body: { _ in
                inside?.open()
                await gate?.wait()
            })
    }

    private func waiting(_ count: Int) async throws {
        try await eventually("\(count) wait") { pool.counts.waiting == count }
    }

    @Test func theBodyRunsWhenTheLastLeaseHasEndedAndNewOnesWaitForIt() async throws {
        let (held, release, isQuiet, done) = (Gate(), Gate(), Gate(), Gate())
        async let first: Void = borrow("A", inside: held, until: release)
        await held.wait()
        async let change = pool.withHold(on: "A", upTo: .seconds(60)) { [pool] in
            #expect(pool.counts(of: "A").leased == 0)
            isQuiet.open()
            await done.wait()
            return 5
        }
        await time.sleepsHaveBegun(1)
        async let later: Void = borrow("A")
        try await waiting(1)
        try await borrow("B")
        #expect(pool.counts(of: "A").leased == 1)
        release.open()
        try await first
        await isQuiet.wait()
        #expect(pool.counts(of: "A").waiting == 1)
        done.open()
        #expect(try await change == 5)
        try await later
    }

    @Test func aHeldDatabaseIsNotHeldAgainAndSaysSo() async throws {
        let code = try await pool.withHold(on: "A", upTo: .seconds(60)) { [pool] in
            await failure { try await pool.withHold(on: "A", upTo: .seconds(60)) {} }?.code
        }
        #expect(code == .busy)
        #expect(try await pool.withHold(on: "A", upTo: .seconds(60)) { 1 } == 1, "it was released")
    }

    @Test func atTheLimitTheWaitEndsAndTheHoldWithIt() async throws {
        let (held, release) = (Gate(), Gate())
        async let first: Void = borrow("A", inside: held, until: release)
        await held.wait()
        let change = Task {
            await failure { try await pool.withHold(on: "A", upTo: .seconds(5)) { Issue.record("It ran.") } }
        }
        await time.sleepsHaveBegun(1)
        async let later: Void = borrow("A")
        try await waiting(1)
        time.advance(by: .seconds(5))
        #expect(try await change.value("the hold ends")?.code == .deadlineExceeded)
        try await later
        release.open()
        try await first
    }

    @Test func atTheLimitTheBodyIsCancelledAndTheHoldStaysUntilItEnds() async throws {
        let (isRunning, mayEnd) = (Gate(), Gate())
        let isCancelled = Lock(false)
        async let change = failure {
            try await pool.withHold(on: "A", upTo: .seconds(5)) {
                isRunning.open()
                // The gate opens when the task is cancelled.
                await Gate().wait()
                isCancelled.withLock { $0 = Task.isCancelled }
                await Task { await mayEnd.wait() }.value
                throw TenancyError(.cancelled, "")
            }
        }
        defer { mayEnd.open() }
        await isRunning.wait()
        await time.sleepsHaveBegun(1)
        async let later: Void = borrow("A")
        try await waiting(1)
        time.advance(by: .seconds(5))
        try await eventually("the body is cancelled") { isCancelled.withLock { $0 } }
        #expect(pool.counts.waiting == 1)
        mayEnd.open()
        #expect(await change?.code == .deadlineExceeded)
        try await later
    }

    @Test func aCancelledHoldEnds() async throws {
        let (held, release) = (Gate(), Gate())
        async let first: Void = borrow("A", inside: held, until: release)
        await held.wait()
        let change = Task { await failure { try await pool.withHold(on: "A", upTo: .seconds(5)) {} }?.code }
        await time.sleepsHaveBegun(1)
        change.cancel()
        #expect(await change.value == .cancelled)
        try await borrow("A")
        release.open()
        try await first
    }

    @Test func whoWaitsTooLongForAHeldDatabaseIsToldSo() async throws {
        let (isRunning, mayEnd) = (Gate(), Gate())
        async let change: Void = pool.withHold(on: "A", upTo: .seconds(60)) {
            isRunning.open()
            await mayEnd.wait()
        }
        await isRunning.wait()
        async let later = failure { try await borrow("A") }
        try await waiting(1)
        await time.sleepsHaveBegun(2)
        time.advance(by: .seconds(10))
        let error = await later
        #expect(error?.code == .poolTimeout)
        #expect(error?.message.contains("is being changed") == true)
        mayEnd.open()
        try await change
    }
}
