import TenancyTesting
import Testing

@testable internal import Tenancy

/// Holds and exclusive leases.
@Suite("PoolStateMachine, holds")
struct PoolHoldTests {
    private static func model(
        poolSize: Int = 2, overflow: Int = 1, max: Int = 100, one: Int = 100
    ) -> PoolModel {
        var pool = PoolModel(limits: PoolLimits(poolSize: poolSize, maxOverflow: overflow, maxConnections: max))
        pool.serverLimits = ["one": one]
        pool.serverOfKey = ["S": "one", "T": "one"]
        return pool
    }

    // MARK: Holds

    @Test func newLeasesWaitAndAreServedInOrderWhenItIsReleased() {
        var pool = Self.model()
        #expect(pool.hold("A") == true, "nothing is out")
        #expect(pool.take("a", "A", .write) == .waiting)
        #expect(pool.take("b", "A") == .waiting)
        #expect(pool.take("c", "A", .write) == .waiting)
        #expect(pool.take("other", "B") == .opening(evicting: nil))
        #expect(pool.release("A").served == ["a", "b"])
        for name in ["a", "b"] { pool.open(name) }
        #expect(pool.giveBack("a").served == ["c"])
        #expect(pool.violations == [])
    }

    @Test(arguments: [false, true]) func isQuietOnceTheLastLeaseHasEnded(byClosing: Bool) {
        var pool = Self.model()
        for name in ["a", "b"] { _ = pool.take(name, "A") }
        #expect(pool.hold("A") == false)
        #expect(pool.giveBack("a").quiet == [])
        #expect(pool.take("c", "A") == .waiting, "an idle connection is not lent")
        let outcome = byClosing ? pool.closeInsteadOfGivingBack("b") : pool.giveBack("b")
        #expect(outcome == PoolModel.Outcome(quiet: ["A"]))
        #expect(pool.release("A").served == ["c"])
        #expect(pool.violations == [])
    }

    @Test func anOpeningThatFailsEndsALeaseToo() {
        var pool = Self.model()
        _ = pool.ask("a", "A")
        #expect(pool.hold("A") == false)
        #expect(pool.failToOpen("a").quiet == ["A"])
        #expect(pool.violations == [])
    }

    @Test func thoseWhoWaitAlreadyAreHeldToo() {
        var pool = Self.model(one: 1)
        _ = pool.take("s", "S")
        _ = pool.take("t", "T")
        _ = pool.take("s2", "S")
        #expect(pool.hold("T") == true)
        #expect(pool.giveBack("s").served == ["s2"], "t stood before it")
        #expect(pool.release("T").served == [])
        #expect(pool.giveBack("s2").served == ["t"])
        #expect(pool.violations == [])
    }

    @Test func idleConnectionsOfAHeldKeyMakeRoomForOthers() {
        var pool = Self.model(max: 1)
        _ = pool.take("a", "A")
        _ = pool.giveBack("a")
        _ = pool.hold("A")
        #expect(pool.take("a2", "A") == .waiting)
        #expect(pool.take("b", "B") == .opening(evicting: 1))
        #expect(pool.release("A").served == [])
        #expect(pool.giveBack("b").served == ["a2"])
        #expect(pool.violations == [])
    }

    @Test func aSecondHoldIsRefused() {
        var pool = Self.model()
        #expect(pool.hold("A") == true)
        let second = pool.machine.hold("A")
        #expect(second == .refuse(.alreadyHeld))
        #expect(pool.hold("B") == true, "another key has its own")
        _ = pool.release("A")
        #expect(pool.hold("A") == true)
        #expect(pool.violations == [])
    }

    @Test func releasingTwiceDoesNothing() throws {
        var pool = Self.model()
        _ = pool.hold("A")
        let first = try #require(pool.holds["A"])
        _ = pool.release("A")
        #expect(pool.machine.poolCount == 0, "nothing is left of it")
        _ = pool.hold("A")
        _ = pool.take("a", "A")
        let effects = pool.machine.release(first)
        #expect(effects.granted.isEmpty && pool.machine.obstacle(at: .key("A")) == .hold, "the hold is another one")
    }

    @Test func aHeldLeaseCanGiveUp() {
        var pool = Self.model()
        _ = pool.hold("A")
        _ = pool.take("a", "A")
        _ = pool.take("b", "A")
        #expect(pool.cancel("a") == true)
        #expect(pool.release("A").served == ["b"])
        #expect(pool.violations == [])
    }

    @Test func aDrainDismissesAndRevokesAndTheHoldStays() {
        var pool = Self.model()
        for name in ["a", "b"] { _ = pool.take(name, "A") }
        _ = pool.giveBack("b")
        #expect(pool.hold("A") == false)
        _ = pool.take("waiter", "A")
        #expect(pool.drain("A") == PoolModel.Outcome(dismissed: ["waiter"], closing: [2], revoked: [1]))
        #expect(pool.take("late", "A") == .waiting, "it is still held")
        #expect(pool.giveBack("a") == PoolModel.Outcome(closing: [1], quiet: ["A"]))
        #expect(pool.drain("A") == PoolModel.Outcome(dismissed: ["late"]))
        #expect(pool.take("later", "A") == .waiting)
        #expect(pool.release("A").served == ["later"])
        #expect(pool.violations == [])
    }

    @Test func shutdownRefusesHoldsAndThoseThatAreThereBecomeQuiet() {
        var pool = Self.model()
        _ = pool.take("a", "A")
        #expect(pool.hold("A") == false)
        _ = pool.shutDown()
        #expect(pool.hold("B") == nil)
        #expect(pool.giveBack("a") == PoolModel.Outcome(closing: [1], quiet: ["A"]))
        #expect(pool.release("A") == PoolModel.Outcome())
        #expect(pool.machine.poolCount == 0)
        #expect(pool.violations == [])
    }

    // MARK: Exclusive leases

    @Test func waitsForTheOthersAndLaterOnesWaitBehindIt() {
        var pool = Self.model(poolSize: 2, overflow: 0)
        _ = pool.take("reader", "A")
        _ = pool.take("writer", "A", .write)
        #expect(pool.take("alone", "A", .write, exclusively: true) == .waiting)
        #expect(pool.take("late", "A") == .waiting)
        #expect(pool.giveBack("reader").served == [])
        #expect(pool.take("later", "A") == .waiting, "an idle connection is not lent over its head")
        #expect(pool.giveBack("writer").served == ["alone"])
        #expect(pool.take("last", "A") == .waiting)
        #expect(pool.giveBack("alone").served == ["late", "later"])
        for name in ["late", "later"] { pool.open(name) }
        #expect(pool.giveBack("late").served == ["last"])
        #expect(pool.violations == [])
    }

    @Test func isGrantedAtOnceWhereNothingIsOut() {
        var pool = Self.model()
        #expect(pool.take("first", "A", exclusively: true) == .opening(evicting: nil))
        #expect(pool.take("reader", "A") == .waiting)
        #expect(pool.take("second", "A", exclusively: true) == .waiting)
        #expect(pool.take("reader 2", "A") == .waiting)
        #expect(pool.giveBack("first").served == ["reader"])
        #expect(pool.giveBack("reader").served == ["second"])
        #expect(pool.giveBack("second").served == ["reader 2"])
        _ = pool.giveBack("reader 2")
        #expect(pool.take("third", "A", exclusively: true) == .use(1))
        #expect(pool.violations == [])
    }

    @Test func readersBehindOneThatGivesUpAreServed() {
        var pool = Self.model()
        for name in ["a", "b"] { _ = pool.take(name, "A") }
        _ = pool.giveBack("b")
        #expect(pool.take("alone", "A", exclusively: true) == .waiting)
        #expect(pool.take("late", "A") == .waiting)
        #expect(pool.cancelling("alone")?.served == ["late"])
        #expect(pool.violations == [])
    }

    @Test func doesNotHoldUpOtherKeys() {
        var pool = Self.model(one: 2)
        _ = pool.take("s", "S")
        _ = pool.take("alone", "S", exclusively: true)
        _ = pool.take("s2", "S")
        #expect(pool.take("t", "T") == .opening(evicting: nil))
        #expect(pool.take("t2", "T") == .waiting)
        #expect(pool.giveBack("t").served == ["t2"])
        #expect(pool.violations == [])
    }

    @Test func needsItsSharesLikeOthers() {
        var pool = Self.model(one: 1)
        _ = pool.take("s", "S")
        #expect(pool.take("alone", "T", exclusively: true) == .waiting)
        #expect(pool.take("t", "T") == .waiting)
        #expect(pool.take("s2", "S") == .waiting)
        #expect(pool.giveBack("s").served == ["alone"])
        pool.open("alone")
        #expect(pool.giveBack("alone").served == ["t"])
        #expect(pool.giveBack("t").served == ["s2"])
        #expect(pool.violations == [])
    }

    @Test func waitsForLeasesFromBeforeADrain() {
        var pool = Self.model()
        _ = pool.take("old", "A")
        _ = pool.drain("A")
        #expect(pool.take("alone", "A", exclusively: true) == .waiting)
        #expect(pool.giveBack("old") == PoolModel.Outcome(served: ["alone"], closing: [1]))
        #expect(pool.violations == [])
    }

    @Test func staysAloneThroughADrain() {
        var pool = Self.model()
        _ = pool.take("alone", "A", exclusively: true)
        #expect(pool.drain("A").revoked == [1])
        #expect(pool.take("late", "A") == .waiting)
        #expect(pool.giveBack("alone") == PoolModel.Outcome(served: ["late"], closing: [1]))
        #expect(pool.violations == [])
    }

    @Test func aHoldWaitsForItAndKeepsTheNextOneWaiting() {
        var pool = Self.model()
        _ = pool.take("alone", "A", exclusively: true)
        _ = pool.take("next", "A", exclusively: true)
        #expect(pool.hold("A") == false)
        #expect(pool.giveBack("alone") == PoolModel.Outcome(quiet: ["A"]))
        #expect(pool.release("A").served == ["next"])
        #expect(pool.violations == [])
    }

    // MARK: Everything at once

    @Test(.timeLimit(.minutes(1)), arguments: 0..<12)
    func everyRuleHoldsOverRandomSteps(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let limits = PoolLimits(
            poolSize: .random(in: 1...3, using: &random), maxOverflow: .random(in: 0...2, using: &random),
            maxConnections: .random(in: 1...8, using: &random), maxWaiting: .random(in: 3...12, using: &random))
        var model = PoolModel(limits: limits, singleWriterKeys: ["A", "B"])
        model.serverLimits = ["one": .random(in: 1...4, using: &random), "two": .random(in: 1...4, using: &random)]
        model.serverOfKey = ["A": "one", "B": "one", "C": "two"]
        var walk = PoolRandomWalk(model, random: random, usesEverything: true)
        walk.run(stepCount: 2000)
        #expect(walk.pool.violations.prefix(3) == [], "\(limits)")
        if seed % 2 == 0 { walk.shutDownAndFinish() } else { walk.giveEverythingBack() }
        #expect(walk.pool.waiters.isEmpty, "nobody is lost")
        walk.shutDownAndFinish()
        #expect(walk.pool.violations.prefix(3) == [], "\(limits)")
        #expect(walk.pool.machine.counts == PoolModel.Machine.Counts())
        #expect(walk.pool.machine.poolCount == 0 && walk.pool.machine.serversByName.isEmpty)
        #expect(walk.pool.machine.families.isEmpty)
        #expect(walk.servedCount > 100 && walk.quietCount > 0, "the walk must reach the waiting lines and the holds")
    }

    /// The negative control: the model must notice a machine that forgets a server's limit.
    @Test func modelNoticesAServerWithTooManyConnections() {
        var pool = Self.model()
        for name in ["a", "b"] { _ = pool.take(name, "S") }
        pool.serverLimits["one"] = 1
        _ = pool.take("c", "S")
        #expect(pool.violations.contains { $0.hasSuffix("3 open to one, which bears 1") })
    }

    @Test func modelNoticesALeaseOfAHeldKey() {
        var pool = Self.model()
        _ = pool.hold("A")
        _ = pool.take("a", "A")
        if let hold = pool.holds["A"] { _ = pool.machine.release(hold) }
        _ = pool.take("b", "A")
        #expect(pool.violations.contains { $0.hasSuffix("is held") })
    }
}
