import TenancyTesting
import Testing

@testable internal import Tenancy

@Suite("PoolStateMachine")
struct PoolStateMachineTests {
    private static func model(
        poolSize: Int = 2, overflow: Int = 1, max: Int = 4, waiting: Int = 100
    ) -> PoolModel {
        PoolModel(
            limits: PoolLimits(poolSize: poolSize, maxOverflow: overflow, maxConnections: max, maxWaiting: waiting))
    }

    // MARK: Capacity

    @Test(arguments: [(1, 0, 9), (2, 1, 9), (3, 4, 9), (10, 20, 5)])
    func opensUpToTheSmallerOfBothBounds(poolSize: Int, overflow: Int, max: Int) {
        var pool = Self.model(poolSize: poolSize, overflow: overflow, max: max)
        let bound = min(poolSize + overflow, max)
        for number in 0..<bound { #expect(pool.take("r\(number)", "A") == .opening(evicting: nil)) }
        #expect(pool.take("next", "A") == .waiting)
        #expect(pool.violations == [])
    }

    @Test func usesTheConnectionThatWasUsedLast() {
        var pool = Self.model()
        _ = pool.take("one", "A")
        _ = pool.take("two", "A")
        _ = pool.giveBack("one")
        _ = pool.giveBack("two")
        #expect(pool.take("three", "A") == .use(2))
        #expect(pool.take("four", "A") == .use(1))
    }

    @Test func closesOverflowOnGiveBackAndKeepsThePoolSize() {
        var pool = Self.model(poolSize: 2, overflow: 1)
        for name in ["one", "two", "three"] { _ = pool.take(name, "A") }
        #expect(pool.giveBack("one").closing == [])
        #expect(pool.giveBack("two").closing == [])
        #expect(pool.giveBack("three").closing == [3])
        #expect(pool.machine.counts(of: "A").idle == 2)
        #expect(pool.machine.counts.open == 3)
        _ = pool.finishClosing()
        #expect(pool.machine.counts.open == 2)
    }

    @Test func refusesOneMoreThanMayWait() {
        var pool = Self.model(max: 1, waiting: 2)
        _ = pool.take("holder", "A")
        #expect(pool.take("first", "A") == .waiting)
        #expect(pool.take("second", "B") == .waiting)
        #expect(pool.take("third", "C") == .refused(.tooManyWaiting))
        #expect(!pool.machine.keys.contains("C"))
        #expect(pool.cancel("first") == true)
        #expect(pool.take("fourth", "C") == .waiting)
    }

    @Test func connectionBeingClosedStillCounts() {
        var pool = Self.model(max: 1)
        _ = pool.take("one", "A")
        _ = pool.giveBack("one")
        #expect(pool.evictOldest().closing == [1])
        #expect(pool.take("two", "B") == .waiting)
        #expect(pool.finishClosing().served == ["two"])
    }

    @Test func theOldestIdleConnectionOfAServerIsClosed() {
        var pool = Self.model(max: 10)
        pool.serverLimits = ["one": 1, "two": 2]
        pool.serverOfKey = ["A": "one", "B": "two", "C": "two", "E": "two", "F": "one", "G": "two"]
        for key in ["A", "B", "C", "D"] { _ = pool.take(key, key) }
        for key in ["A", "B", "C", "D"] { _ = pool.giveBack(key) }
        #expect(pool.take("E", "E") == .opening(evicting: 2))
        #expect(pool.drain("C").closing == [3])
        #expect(pool.take("G", "G") == .waiting, "what is gone is not in the line")
        #expect(pool.take("F", "F") == .opening(evicting: 1))
        #expect(pool.evictOldest().closing == [4])
        #expect(pool.violations == [])
    }

    // MARK: Writers and readers

    @Test func secondWriterWaitsForTheFirst() {
        var pool = Self.model()
        _ = pool.take("one", "A", .write)
        #expect(pool.take("two", "A", .write) == .waiting)
        #expect(pool.take("three", "A", .write) == .waiting)
        #expect(pool.giveBack("one").served == ["two"])
        #expect(pool.giveBack("two").served == ["three"])
    }

    @Test func writersOfDifferentKeysDoNotWaitForEachOther() {
        var pool = Self.model()
        _ = pool.take("one", "A", .write)
        #expect(pool.take("two", "B", .write) == .opening(evicting: nil))
    }

    @Test func writersShareAKeyWithoutSingleWriter() {
        var pool = PoolModel(limits: PoolLimits(), singleWriterKeys: [])
        _ = pool.take("one", "A", .write)
        #expect(pool.take("two", "A", .write) == .opening(evicting: nil))
    }

    @Test func readerPassesAWriterThatWaitsForAWriter() {
        var pool = Self.model()
        _ = pool.take("one", "A", .write)
        _ = pool.take("two", "A", .write)
        #expect(pool.take("reader", "A", .read) == .opening(evicting: nil))
    }

    @Test func readerStaysBehindAWriterThatCouldUseItsConnection() {
        var pool = Self.model(poolSize: 1, overflow: 0)
        _ = pool.take("one", "A", .read)
        #expect(pool.take("writer", "A", .write) == .waiting)
        #expect(pool.take("reader", "A", .read) == .waiting)
        #expect(pool.giveBack("one").served == ["writer"])
    }

    @Test func connectionGoesToAReaderWhereTheEarlierWriterMustWaitAnyway() {
        var pool = Self.model(poolSize: 2, overflow: 0)
        _ = pool.take("writer", "A", .write)
        _ = pool.take("reader", "A", .read)
        _ = pool.take("second writer", "A", .write)
        _ = pool.take("second reader", "A", .read)
        #expect(pool.giveBack("reader").served == ["second reader"])
        #expect(pool.giveBack("writer").served == ["second writer"])
    }

    // MARK: Eviction

    @Test func evictsTheLongestUnusedOfAnotherKey() {
        var pool = Self.model(max: 2)
        _ = pool.take("a", "A")
        _ = pool.take("b", "B")
        _ = pool.giveBack("b")
        _ = pool.giveBack("a")
        #expect(pool.take("c", "C") == .opening(evicting: 2))
        #expect(pool.take("d", "D") == .opening(evicting: 1))
    }

    @Test func evictsTheLongestUnusedEvenWhereItsKeyWasUsedSince() {
        var pool = Self.model(max: 3)
        _ = pool.take("a", "A")
        _ = pool.take("second a", "A")
        _ = pool.take("b", "B")
        _ = pool.giveBack("a")
        _ = pool.giveBack("b")
        _ = pool.giveBack("second a")
        #expect(pool.take("c", "C") == .opening(evicting: 1))
        #expect(pool.take("d", "D") == .opening(evicting: 3))
        #expect(pool.violations == [])
    }

    @Test func neverEvictsALeasedConnection() {
        var pool = Self.model(max: 2)
        _ = pool.take("a", "A")
        _ = pool.take("b", "B")
        #expect(pool.take("c", "C") == .waiting)
        #expect(pool.evictOldest() == PoolModel.Outcome())
        #expect(pool.expireIdle(before: .seconds(1_000_000)) == PoolModel.Outcome())
        #expect(pool.giveBack("b").served == ["c"])
    }

    @Test func expiresOnlyWhatHasBeenIdleSinceBeforeTheMoment() {
        var pool = Self.model()
        for (name, key) in [("a", "A"), ("second a", "A"), ("b", "B")] { _ = pool.take(name, key) }
        for (seconds, name) in [(10, "a"), (20, "b"), (30, "second a")] {
            pool.now = .seconds(seconds)
            _ = pool.giveBack(name)
        }
        #expect(pool.expireIdle(before: .seconds(10)).closing == [])
        #expect(pool.expireIdle(before: .seconds(25)).closing.sorted() == [1, 3])
        #expect(pool.expireIdle(before: .seconds(25)).closing == [])
        #expect(pool.machine.counts.idle == 1)
    }

    // MARK: Drain and shutdown

    @Test func drainDismissesRevokesAndCloses() {
        var pool = Self.model(poolSize: 2, overflow: 0)
        _ = pool.take("writer", "A", .write)
        _ = pool.take("reader", "A")
        _ = pool.take("waiter", "A", .write)
        _ = pool.giveBack("reader")
        let outcome = pool.drain("A")
        #expect(outcome == PoolModel.Outcome(dismissed: ["waiter"], closing: [2], revoked: [1]))
        #expect(pool.giveBack("writer").closing == [1])
        _ = pool.finishClosing()
        #expect(pool.machine.counts == PoolModel.Machine.Counts())
    }

    @Test func drainLeavesOtherKeysAlone() {
        var pool = Self.model()
        _ = pool.take("b", "B")
        _ = pool.giveBack("b")
        #expect(pool.drain("A") == PoolModel.Outcome())
        #expect(pool.take("again", "B") == .use(1))
    }

    @Test func connectionOpenedAcrossADrainIsStale() {
        var pool = Self.model()
        _ = pool.ask("a", "A")
        #expect(pool.drain("A").revoked == [])
        pool.open("a")
        #expect(pool.violations == [])
        #expect(pool.take("next", "A") == .opening(evicting: nil))
        #expect(pool.giveBack("a").closing == [1])
    }

    @Test func shutdownRefusesDismissesAndClosesAsLeasesEnd() {
        var pool = Self.model(poolSize: 1, overflow: 0)
        _ = pool.take("a", "A")
        _ = pool.take("b", "B")
        _ = pool.take("waiter", "A")
        _ = pool.giveBack("b")
        #expect(pool.shutDown() == PoolModel.Outcome(dismissed: ["waiter"], closing: [2]))
        #expect(pool.take("late", "C") == .refused(.shuttingDown))
        #expect(pool.giveBack("a").closing == [1])
        _ = pool.finishClosing()
        #expect(pool.machine.counts == PoolModel.Machine.Counts())
        #expect(pool.machine.poolCount == 0)
    }

    // MARK: Cancelling and failing

    @Test func cancelledLeaseIsNotServed() {
        var pool = Self.model(max: 1)
        _ = pool.take("holder", "A")
        _ = pool.take("first", "A")
        _ = pool.take("second", "A")
        #expect(pool.cancel("first") == true)
        #expect(pool.giveBack("holder").served == ["second"])
    }

    @Test func cancellingTwiceOrAfterTheGrantSaysNo() {
        var machine = PoolModel.Machine(limits: PoolLimits(maxConnections: 1))
        guard case .grant(_, let lease) = machine.lease("A", access: .read, hasSingleWriter: true),
            case .wait(let ticket) = machine.lease("A", access: .read, hasSingleWriter: true)
        else {
            Issue.record("expected a grant and a wait")
            return
        }
        _ = machine.opened(1, for: lease)
        let grantedCount = machine.giveBack(1, of: lease, now: .zero).granted.count
        #expect(grantedCount == 1)
        let answers = [ticket, ticket + 100].map { machine.cancel([$0], at: .key("A")) != nil }
        #expect(answers == [false, false])
    }

    @Test func leaseBehindACancelledOneIsServedFromTheBudget() {
        var pool = Self.model(max: 1)
        _ = pool.take("holder", "B")
        _ = pool.take("first", "A")
        _ = pool.take("second", "A")
        #expect(pool.cancel("first") == true)
        #expect(pool.giveBack("holder").served == ["second"])
        #expect(pool.violations == [])
    }

    @Test func failedOpeningPassesItsRightOn() {
        var pool = Self.model(max: 1)
        _ = pool.ask("first", "A", .write)
        _ = pool.take("second", "A", .write)
        _ = pool.take("third", "B")
        #expect(pool.failToOpen("first").served == ["second"])
        #expect(pool.failToOpen("second").served == ["third"])
        #expect(pool.failToOpen("third").served == [])
        #expect(pool.machine.counts == PoolModel.Machine.Counts())
    }

    @Test func brokenConnectionFreesItsPlace() {
        var pool = Self.model(max: 1)
        _ = pool.take("first", "A", .write)
        _ = pool.take("second", "A", .write)
        #expect(pool.closeInsteadOfGivingBack("first").served == ["second"])
    }

    // MARK: Fairness

    @Test func busyKeyHandsOverToTheKeyThatWaitedLonger() {
        var pool = Self.model(max: 2)
        for name in ["a1", "a2", "a3", "a4"] { _ = pool.take(name, "A") }
        _ = pool.take("b1", "B")
        _ = pool.take("a5", "A")
        #expect(pool.giveBack("a1").served == ["a3"])
        #expect(pool.giveBack("a2").served == ["a4"])
        #expect(pool.giveBack("a3").served == ["b1"])
        #expect(pool.giveBack("a4").served == ["a5"])
        #expect(pool.violations == [])
    }

    @Test func keysTakeTheBudgetInTheOrderOfAsking() {
        var pool = Self.model(max: 1)
        _ = pool.take("holder", "A")
        for (name, key) in [("b", "B"), ("c", "C"), ("a", "A"), ("d", "D")] { _ = pool.take(name, key) }
        var order: [String] = []
        var current = "holder"
        while let next = pool.giveBack(current).served.first {
            pool.open(next)
            order.append(next)
            current = next
        }
        #expect(order == ["b", "c", "a", "d"])
    }

    // MARK: Model

    @Test(.timeLimit(.minutes(1)), arguments: 0..<12)
    func everyRuleHoldsOverRandomSteps(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let limits = PoolLimits(
            poolSize: .random(in: 1...3, using: &random), maxOverflow: .random(in: 0...2, using: &random),
            maxConnections: .random(in: 1...6, using: &random), maxWaiting: .random(in: 3...12, using: &random))
        var walk = PoolRandomWalk(PoolModel(limits: limits, singleWriterKeys: ["A", "B"]), random: random)
        walk.run(stepCount: 4000)
        #expect(walk.pool.violations.prefix(3) == [], "\(limits)")
        walk.shutDownAndFinish()
        #expect(walk.pool.violations.prefix(3) == [], "\(limits)")
        #expect(walk.pool.machine.counts == PoolModel.Machine.Counts())
        #expect(walk.pool.machine.poolCount == 0)
        #expect(walk.servedCount > 100, "the walk must reach the waiting line")
    }

    @Test func everyWaitingLeaseIsServedInTheEnd() {
        var walk = PoolRandomWalk(
            PoolModel(limits: PoolLimits(poolSize: 1, maxOverflow: 1, maxConnections: 3, maxWaiting: 20)),
            random: SeededGenerator(seed: 99))
        walk.run(stepCount: 2000)
        walk.giveEverythingBack()
        #expect(walk.pool.waiters.isEmpty)
        #expect(walk.pool.violations.prefix(3) == [])
    }

    /// The negative controls: the model must notice a machine that breaks a rule.
    @Test func modelNoticesAMachineThatOpensTooMany() {
        let limits = PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 2)
        var pool = PoolModel(limits: limits, machineLimits: PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 3))
        for key in ["A", "B", "C"] { _ = pool.take(key, key) }
        #expect(pool.violations.contains { $0.hasSuffix("3 open") })
    }

    @Test func modelNoticesALeaseThatWaitsInVain() {
        let limits = PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 3)
        var pool = PoolModel(limits: limits, machineLimits: PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 2))
        for key in ["A", "B", "C"] { _ = pool.take(key, key) }
        #expect(pool.violations.contains { $0.hasSuffix("could be served") })
    }

    @Test func modelNoticesAnUntoldClosing() {
        var pool = Self.model()
        _ = pool.take("a", "A")
        _ = pool.giveBack("a")
        _ = pool.drain("A")
        pool.loseClosing()
        #expect(!pool.violations.isEmpty)
    }
}
