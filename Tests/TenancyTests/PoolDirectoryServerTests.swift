import TenancyTesting
import Testing

@testable internal import Tenancy

/// Leases and reservations on servers, which bear a few connections each.
@Suite("PoolDirectory, servers", .timeLimit(.minutes(1)))
struct PoolDirectoryServerTests {
    private let time = ManualTimeSource()
    private let database = FakeDatabase()
    private let small = ServerLimit("small", maxConnections: 1)

    private func pool(max: Int = 10) -> PoolDirectory {
        PoolDirectory(
            limits: PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: max, waitLimit: .seconds(10)), time: time)
    }

    /// Borrows a connection and returns its number; holds it until the gate opens.
    @discardableResult
    private func borrow(
        _ pool: PoolDirectory, _ key: PoolKey, on server: ServerLimit?, inside: Gate? = nil, until gate: Gate? = nil
    ) async throws -> Int? {
        try await pool.withConnection(
            of: key, access: .read, hasSingleWriter: true, on: { server },
            open: { address in
                #expect(address == server?.server)
                return database.open()
            },
            body: { pooled in
                inside?.open()
                await gate?.wait()
                return (pooled.connection as? FakeConnection)?.number
            })
    }

    private func waiting(_ count: Int, in pool: PoolDirectory) async throws {
        try await eventually("\(count) wait") { pool.counts.waiting == count }
    }

    @Test func theServerIsAskedForOnlyWhereNothingIsIdle() async throws {
        let pool = pool()
        for _ in 0..<2 {
            _ = try await pool.withConnection(
                of: "A", access: .read, hasSingleWriter: true,
                on: {
                    #expect(database.connections.isEmpty)
                    return small
                }, open: { _ in database.open() }, body: { _ in })
        }
        #expect(database.connections.count == 1)
        #expect(pool.openCount(ofServer: "small") == 1)
    }

    @Test func anIdleConnectionOfTheSameServerMakesRoom() async throws {
        let pool = pool()
        for key: PoolKey in ["F", "A", "B"] { try await borrow(pool, key, on: key == "F" ? nil : small) }
        #expect(database.connections.map(\.closeCount) == [0, 1, 0])
        #expect(pool.openCount(ofServer: "small") == 1)
        #expect(pool.totals.evicted == 1)
    }

    @Test func waitingForAFullServerEndsAtTheLimitAndSaysWhatIsFull() async throws {
        let pool = pool()
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, "A", on: small, inside: held, until: release)
        await held.wait()
        async let second = failure { try await borrow(pool, "B", on: small) }
        await time.sleepsHaveBegun(1)
        try await borrow(pool, "F", on: nil)
        time.advance(by: .seconds(10))
        let error = await second
        #expect(error?.code == .poolTimeout)
        #expect(error?.message.contains("--max-connections") == true)
        release.open()
        _ = try await first
        #expect(pool.counts.waiting == 0)
        #expect(try await borrow(pool, "B", on: small) == 2)
    }

    /// Leases and reservations give up at the same moment, and some of them hold up others.
    @Test func allWhoAreLateAtTheSameMomentEndAndNothingIsLost() async throws {
        let pool = pool(max: 2)
        let (held, alsoHeld, release) = (Gate(), Gate(), Gate())
        async let first = borrow(pool, "A", on: small, inside: held, until: release)
        async let second = borrow(pool, "F", on: nil, inside: alsoHeld, until: release)
        await held.wait()
        await alsoHeld.wait()
        let late = (0..<12).map { number in
            Task {
                await failure {
                    if number % 3 == 0 { return try await pool.withReservation(on: number == 0 ? nil : small) { 0 } }
                    return try await pool.withConnection(
                        of: number % 3 == 1 ? "A" : "B", access: .read, hasSingleWriter: true,
                        exclusively: number % 2 == 0, on: { small }, open: { _ in database.open() }, body: { _ in 0 })
                }?.code
            }
        }
        try await waiting(12, in: pool)
        time.advance(by: .seconds(10))
        for task in late { #expect(await task.value == .poolTimeout) }
        #expect(pool.totals.timeouts == 12)
        #expect(pool.counts.waiting == 0)
        release.open()
        _ = try await (first, second)
        #expect(pool.counts.leased == 0)
        #expect(pool.counts.open == database.openCount)
        #expect(pool.openCount(ofServer: "small") == 1)
    }

    /// The reader behind it could have been served all the time.
    @Test func whoStoodBehindAnExclusiveLeaseThatGaveUpIsServedAtOnce() async throws {
        let pool = pool()
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, "A", on: nil, inside: held, until: release)
        await held.wait()
        let alone = Task {
            await failure {
                try await pool.withConnection(
                    of: "A", access: .write, hasSingleWriter: true, exclusively: true,
                    open: { _ in database.open() }, body: { _ in })
            }?.code
        }
        try await waiting(1, in: pool)
        async let second = borrow(pool, "A", on: nil)
        try await waiting(2, in: pool)
        alone.cancel()
        #expect(await alone.value == .cancelled)
        #expect(try await second == 1)
        release.open()
        _ = try await first
    }

    @Test func anExclusiveLeaseIsTheOnlyOne() async throws {
        let pool = pool()
        let (held, release) = (Gate(), Gate())
        let alone = Task {
            try await pool.withConnection(
                of: "A", access: .write, hasSingleWriter: true, exclusively: true, open: { _ in database.open() },
                body: { _ in
                    held.open()
                    await release.wait()
                })
        }
        await held.wait()
        async let second = borrow(pool, "A", on: nil)
        try await waiting(1, in: pool)
        #expect(pool.counts.leased == 1)
        release.open()
        try await alone.value
        #expect(try await second == 0)
    }

    /// No lease named the server in between.
    @Test func theLimitOfAServerThatIsNotInUseIsRemembered() async throws {
        let pool = pool()
        try await borrow(pool, "A", on: small)
        await pool.evictOldest()
        let unknown = ServerLimit("small", maxConnections: 100, isDefault: true)
        let inside = await pool.withFreeReservation(on: unknown) {
            await pool.withFreeReservation(on: unknown) { true }
        }
        #expect(inside == .some(nil))
    }

    @Test func anOpeningThatFailsGivesItsShareBack() async throws {
        let pool = pool()
        let failed = await failure {
            try await pool.withConnection(
                of: "A", access: .read, hasSingleWriter: true, on: { small },
                open: { _ in throw TenancyError(.connectionFailed, "") }, body: { _ in })
        }
        #expect(failed?.code == .connectionFailed)
        #expect(pool.openCount(ofServer: "small") == 0)
        #expect(try await borrow(pool, "B", on: small) == 0)
    }

    @Test func aReservationHasAShareUntilItsBodyEnds() async throws {
        let pool = pool()
        let (held, release) = (Gate(), Gate())
        async let reservation: Void = pool.withReservation(on: small) {
            held.open()
            await release.wait()
        }
        await held.wait()
        #expect(pool.openCount(ofServer: "small") == 1)
        #expect(await pool.withFreeReservation(on: small) { true } == nil)
        async let lease = borrow(pool, "A", on: small)
        await time.sleepsHaveBegun(1)
        #expect(pool.counts.waiting == 1)
        release.open()
        _ = try await reservation
        #expect(try await lease == 0)
        let failed = await failure { try await pool.withReservation(on: nil) { throw TenancyError(.busy, "") } }
        #expect(failed?.code == .busy)
        #expect(pool.counts.leased == 0)
    }

    @Test func aWaitingReservationTakesTheConnectionThatComesBackAndCanGiveUp() async throws {
        let pool = pool()
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, "A", on: small, inside: held, until: release)
        await held.wait()
        let cancelled = Task { await failure { try await pool.withReservation(on: small) {} }?.code }
        try await waiting(1, in: pool)
        cancelled.cancel()
        #expect(await cancelled.value == .cancelled)
        async let openCount = pool.withReservation(on: small) { database.openCount }
        try await waiting(1, in: pool)
        release.open()
        _ = try await first
        #expect(try await openCount == 0, "the connection that came back is closed first")
        #expect(pool.openCount(ofServer: "small") == 0)
        #expect(await pool.withFreeReservation(on: small) { 5 } == 5)
    }
}
