import TenancyTesting
import Testing

@testable internal import Tenancy

@Suite("PoolDirectory", .timeLimit(.minutes(1)))
struct PoolDirectoryTests {
    private let time = ManualTimeSource()
    private let database = FakeDatabase()

    private func pool(
        poolSize: Int = 2, overflow: Int = 0, max: Int = 10, waiting: Int = 100
    ) -> PoolDirectory {
        PoolDirectory(
            limits: PoolLimits(
                poolSize: poolSize, maxOverflow: overflow, maxConnections: max, maxWaiting: waiting,
                waitLimit: .seconds(10), idleLimit: .seconds(300)),
            time: time)
    }

    /// Borrows a connection and returns its number; holds it until the gate opens.
    @discardableResult
    private func borrow(
        _ pool: PoolDirectory, _ key: PoolKey = "A", _ access: Access = .read, inside: Gate? = nil,
        until gate: Gate? = nil
    ) async throws -> Int? {
        try await pool.withConnection(
            of: key, access: access, hasSingleWriter: true, open: { _ in database.open() },
            body: {
                pooled in
                inside?.open()
                await gate?.wait()
                return (pooled.connection as? FakeConnection)?.number
            })
    }

    @Test func usesOneConnectionAgainAndAgain() async throws {
        let pool = pool()
        for _ in 0..<5 { #expect(try await borrow(pool) == 0) }
        #expect(pool.totals == PoolDirectory.Totals(leases: 5, opened: 1))
        #expect(database.openCount == 1)
    }

    @Test func bodyErrorGivesTheConnectionBack() async throws {
        let pool = pool()
        let found = await code {
            try await pool.withConnection(
                of: "A", access: .write, hasSingleWriter: true, open: { _ in database.open() },
                body: {
                    _ in throw TenancyError(.busy, "")
                })
        }
        #expect(found == .busy)
        #expect(pool.counts.idle == 1)
        #expect(pool.counts.leased == 0)
    }

    @Test func openingErrorIsThrownAndFreesThePlace() async throws {
        let pool = pool(max: 1)
        let found = await code {
            try await pool.withConnection(
                of: "A", access: .write, hasSingleWriter: true,
                open: { _ in throw TenancyError(.databaseMissing, "") }, body: { _ in })
        }
        #expect(found == .databaseMissing)
        #expect(pool.counts.open == 0)
        #expect(try await borrow(pool, "B", .write) == 0)
    }

    /// Of many that must go, each one's share of the budget is free as soon as that one is closed.
    @Test func whatIsClosedIsFreeBeforeTheOthersAreClosed() async throws {
        let pool = pool(poolSize: 1, max: 40)
        let slow = Gate()
        for number in 0..<40 {
            _ = try await pool.withConnection(
                of: .first(of: try #require(UserID(Int64(number + 1)))), access: .read, hasSingleWriter: true,
                open: { _ in database.open(closingAfter: number == 0 ? slow : nil) }, body: { _ in })
        }
        #expect(pool.counts.idle == 40)
        time.advance(by: .seconds(301))
        let expiring = Task { await pool.expireIdle() }
        defer { slow.open() }
        try await eventually("all but the slow one are closed, and free") { pool.counts.open == 1 }
        #expect(database.openCount == 1, "one is slow to close")
        slow.open()
        try await expiring.value("the slow one is closed")
        #expect(pool.counts.open == 0)
    }

    @Test func aPoolOfTheRightEpochIsNotDrained() async throws {
        let pool = pool()
        let key: PoolKey = "A"
        _ = try await borrow(pool, key, .write)
        await pool.drain(key.family, except: key)
        #expect(pool.counts(of: key).idle == 1)
        await pool.drain(key.family, except: key.next)
        #expect(pool.counts(of: key).open == 0)
    }

    @Test func theFirstLeaseOfANewEpochEndsTheOldPool() async throws {
        let pool = pool()
        let old: PoolKey = "A"
        let (inside, release) = (Gate(), Gate())
        let reader = Task { try await borrow(pool, old, inside: inside, until: release) }
        await inside.wait()
        #expect(try await borrow(pool, old.next, .write) == 1, "a reader holds up nobody")
        #expect(database.connections.first?.interruptCount == 1)
        #expect(pool.families == [old.family] && pool.keys.count == 2)
        #expect(await code { try await borrow(pool, old) } == .staleLease)
        release.open()
        _ = try await reader.value
        #expect(pool.keys == [old.next])
        #expect(pool.counts == PoolDirectory.Machine.Counts(open: 1, idle: 1))
        #expect(pool.totals.refusals == 0, "nobody was turned away")
    }

    /// Nothing of the old epoch is written once the new one is lent.
    @Test(arguments: [Access.read, .write]) func aNewEpochWaitsForTheOldWriter(access: Access) async throws {
        let pool = pool()
        let old: PoolKey = "A"
        let (inside, release) = (Gate(), Gate())
        let writer = Task { try await borrow(pool, old, .write, inside: inside, until: release) }
        await inside.wait()
        let new = Task { try await borrow(pool, old.next, access) }
        try await eventually("the new one waits") { pool.counts.waiting == 1 }
        #expect(database.connections.count == 1, "nothing is opened yet")
        release.open()
        _ = try await writer.value
        #expect(try await new.value == 1)
    }

    /// Shuts a pool down while a lease is in use, for which somebody waits up to ten seconds.
    /// - Parameter body: gets the waiter, and the gate that ends the lease.
    private func shutDownDuringALease(
        _ pool: PoolDirectory, _ body: (_ waiting: Task<Bool, Never>, _ release: Gate) async throws -> Void
    ) async throws {
        let (inside, release) = (Gate(), Gate())
        let lease = Task { try await borrow(pool, inside: inside, until: release) }
        await inside.wait()
        await pool.shutDown()
        let waiting = Task { await pool.waitUntilClosed(upTo: .seconds(10)) }
        await time.sleepsHaveBegun(1)
        defer { release.open() }
        try await body(waiting, release)
        _ = try await lease.value("the lease ends")
    }

    @Test func shuttingDownCanWaitForTheLeasesInUse() async throws {
        let pool = pool()
        try await shutDownDuringALease(pool) { waiting, release in
            release.open()
            let areAllClosed = try await waiting.value("the end of the last lease is seen")
            #expect(areAllClosed)
        }
        #expect(await pool.waitUntilClosed(upTo: .seconds(10)), "nothing to wait for")
    }

    @Test func shuttingDownDoesNotWaitForEver() async throws {
        try await shutDownDuringALease(pool()) { waiting, release in
            time.advance(by: .seconds(10))
            let areAllClosed = try await waiting.value("the limit ends the wait")
            #expect(!areAllClosed)
            release.open()
        }
    }

    @Test func waitingLeaseIsServedWhenTheConnectionComesBack() async throws {
        let pool = pool(max: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        async let second = borrow(pool)
        await time.sleepsHaveBegun(1)
        #expect(pool.counts.waiting == 1)
        release.open()
        #expect(try await [first, second] == [0, 0])
        #expect(pool.totals.waits == 1)
        // The task that watches the deadlines finds nobody and ends.
        time.advance(by: .seconds(10))
        try await eventually("the watch ends") { time.sleeperCount == 0 }
        #expect(pool.totals.timeouts == 0)
    }

    @Test func waitEndsWithPoolTimeoutAtTheLimit() async throws {
        let pool = pool(max: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        async let second = code { try await borrow(pool) }
        await time.sleepsHaveBegun(1)
        time.advance(by: .milliseconds(9_999))
        #expect(pool.counts.waiting == 1)
        time.advance(by: .milliseconds(1))
        #expect(await second == .poolTimeout)
        #expect(pool.totals.timeouts == 1)
        #expect(pool.counts.waiting == 0)
        release.open()
        _ = try await first
        #expect(pool.counts.leased == 0)
    }

    @Test func cancelledWaitEndsAtOnce() async throws {
        let pool = pool(max: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        let second = Task { await code { try await borrow(pool) } }
        await time.sleepsHaveBegun(1)
        second.cancel()
        #expect(await second.value == .cancelled)
        #expect(pool.counts.waiting == 0)
        release.open()
        _ = try await first
        #expect(pool.counts.leased == 0)
    }

    @Test func taskThatIsCancelledAlreadyDoesNotWait() async throws {
        let pool = pool(max: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        let start = Gate()
        let second = Task {
            await start.wait()
            return await code { try await borrow(pool) }
        }
        second.cancel()
        start.open()
        #expect(await second.value == .cancelled)
        release.open()
        _ = try await first
    }

    @Test func oneMoreThanMayWaitIsOverloaded() async throws {
        let pool = pool(max: 1, waiting: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        async let second = borrow(pool)
        await time.sleepsHaveBegun(1)
        #expect(await code { try await borrow(pool) } == .overloaded)
        #expect(pool.totals.refusals == 1)
        release.open()
        _ = try await (first, second)
    }

    @Test func drainRevokesLeasesDismissesWaitersAndClosesAll() async throws {
        let pool = pool(poolSize: 1, max: 1)
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, inside: held, until: release)
        await held.wait()
        async let second = code { try await borrow(pool) }
        await time.sleepsHaveBegun(1)
        await pool.drain("A")
        #expect(await second == .staleLease)
        #expect(database.connections[0].interruptCount == 1)
        #expect(database.connections[0].closeCount == 0)
        release.open()
        _ = try await first
        #expect(database.connections[0].closeCount == 1)
        #expect(pool.counts.open == 0)
        #expect(try await borrow(pool) == 1)
    }

    @Test func drainLeavesOtherKeysAlone() async throws {
        let pool = pool()
        try await borrow(pool, "A")
        try await borrow(pool, "B")
        await pool.drain("A")
        #expect(database.connections.map(\.closeCount) == [1, 0])
        #expect(pool.keys == ["B"])
    }

    @Test func connectionOpenedAcrossADrainIsRevoked() async throws {
        let pool = pool()
        let isRevoked = try await pool.withConnection(
            of: "A", access: .read, hasSingleWriter: true,
            open: { _ in
                await pool.drain("A")
                return database.open()
            },
            body: { $0.isRevoked })
        #expect(isRevoked)
        #expect(database.openCount == 0)
        #expect(pool.counts.open == 0)
    }

    @Test func evictsAnotherKeysUnusedConnectionBeforeItOpens() async throws {
        let pool = pool(max: 2)
        for key: PoolKey in ["A", "B", "C", "D"] { try await borrow(pool, key) }
        #expect(database.connections.map(\.closeCount) == [1, 1, 0, 0])
        #expect(database.mostOpen == 2)
        #expect(pool.totals.evicted == 2)
    }

    @Test func expiresWhatIsIdleForLongerThanTheLimit() async throws {
        let pool = pool()
        try await borrow(pool, "A")
        time.advance(by: .seconds(200))
        try await borrow(pool, "B")
        time.advance(by: .seconds(100))
        await pool.expireIdle()
        #expect(database.connections.map(\.closeCount) == [0, 0])
        time.advance(by: .seconds(1))
        await pool.expireIdle()
        #expect(database.connections.map(\.closeCount) == [1, 0])
        await pool.evictOldest()
        #expect(pool.counts.open == 0)
    }

    @Test func soiledConnectionIsResetBeforeTheNextLease() async throws {
        let pool = pool()
        try await pool.withConnection(
            of: "A", access: .write, hasSingleWriter: true, open: { _ in database.open() },
            body: {
                ($0.connection as? FakeConnection)?.soil(resetSucceeds: true)
            })
        #expect(database.connections[0].resetCount == 1)
        #expect(try await borrow(pool) == 0)
    }

    @Test func connectionThatCannotBeResetIsClosed() async throws {
        let pool = pool()
        try await pool.withConnection(
            of: "A", access: .write, hasSingleWriter: true, open: { _ in database.open() },
            body: {
                ($0.connection as? FakeConnection)?.soil(resetSucceeds: false)
            })
        #expect(database.connections[0].closeCount == 1)
        #expect(pool.counts.open == 0)
        #expect(try await borrow(pool, "A", .write) == 1)
    }

    @Test func shutdownRefusesDismissesAndClosesAsLeasesEnd() async throws {
        let pool = pool(max: 2)
        try await borrow(pool, "B")
        let (held, release) = (Gate(), Gate())
        async let first = borrow(pool, "A", .write, inside: held, until: release)
        await held.wait()
        async let second = code { try await borrow(pool, "A", .write) }
        await time.sleepsHaveBegun(1)
        await pool.shutDown()
        #expect(await second == .shuttingDown)
        #expect(await code { try await borrow(pool, "C") } == .shuttingDown)
        #expect(database.openCount == 1)
        release.open()
        #expect(try await first == 1)
        #expect(database.connections.allSatisfy { $0.closeCount == 1 })
        #expect(pool.counts.open == 0)
    }

    @Test func staysWithinItsBoundsUnderManyTasks() async throws {
        let pool = pool(poolSize: 2, overflow: 1, max: 5, waiting: 1000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                let keys: [PoolKey] = ["A", "B", "C", "D"]
                let (key, access) = (keys[number % 4], number % 3 == 0 ? Access.write : .read)
                let task = { @Sendable in
                    _ = try await pool.withConnection(
                        of: key, access: access, hasSingleWriter: true, open: { _ in database.open() }
                    ) { _ in await Task.yield() }
                }
                group.addTask { try await task() }
            }
            try await group.waitForAll()
        }
        #expect(database.mostOpen <= 5)
        #expect(pool.counts.leased == 0)
        #expect(pool.counts.waiting == 0)
        #expect(pool.counts.open == database.openCount)
        await pool.shutDown()
        #expect(database.connections.allSatisfy { $0.closeCount == 1 })
    }

    @Test func nothingIsLostUnderCancelledTasks() async throws {
        let pool = pool(poolSize: 1, max: 2, waiting: 1000)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<300 {
                group.addTask {
                    let lease = Task {
                        _ = await code { try await borrow(pool, PoolKey(stringLiteral: "\(number % 5)"), .write) }
                    }
                    if number.isMultiple(of: 2) { lease.cancel() }
                    await lease.value
                }
            }
        }
        #expect(pool.counts.leased == 0)
        #expect(pool.counts.waiting == 0)
        #expect(pool.counts.open == database.openCount)
    }
}

/// Names of pools for tests, of one scalar each, which is the user's number.
extension PoolKey: ExpressibleByStringLiteral {
    public init(stringLiteral name: String) {
        guard let number = name.unicodeScalars.first?.value, name.unicodeScalars.count == 1,
            let user = UserID(Int64(number))
        else {
            preconditionFailure("not a name of one scalar: \(name)")
        }
        self = .first(of: user)
    }

    static func first(of user: UserID) -> PoolKey {
        let text = "00000000-0000-4000-8000-" + String(String(user.rawValue + 1_000_000_000_000).dropFirst())
        guard let database = DatabaseID(text) else { preconditionFailure("no id: \(text)") }
        return .placement(Placement(database, epoch: 1, owner: user))
    }

    /// The same database, its epoch raised.
    var next: PoolKey {
        guard case .placement(let placement) = self else { return self }
        return .placement(Placement(placement.database, epoch: placement.epoch + 1, owner: placement.owner))
    }
}
