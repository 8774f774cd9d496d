import TenancyTesting
import Testing

@testable internal import Tenancy

/// Process, server and key are levels of one budget.
@Suite("PoolStateMachine, levels")
struct PoolLevelTests {
    /// Keys A and B are on server one, C and D on server two, the others are files.
    private static func model(
        poolSize: Int = 2, overflow: Int = 1, max: Int = 100, one: Int = 100, two: Int = 100, waiting: Int = 100
    ) -> PoolModel {
        var pool = PoolModel(
            limits: PoolLimits(poolSize: poolSize, maxOverflow: overflow, maxConnections: max, maxWaiting: waiting))
        pool.serverLimits = ["one": one, "two": two]
        pool.serverOfKey = ["A": "one", "B": "one", "C": "two", "D": "two"]
        return pool
    }

    // MARK: Bounds

    @Test(arguments: [(9, 1, 9, 1), (9, 9, 2, 2), (3, 9, 9, 3), (4, 4, 4, 3)])
    func opensUpToTheSmallestBound(max: Int, one: Int, size: Int, bound: Int) {
        var pool = Self.model(poolSize: size, overflow: 0, max: max, one: one)
        if (max, one, size) == (4, 4, 4) { _ = pool.reserve("reserved", on: "one") }
        for number in 0..<bound { #expect(pool.take("r\(number)", "A") == .opening(evicting: nil)) }
        #expect(pool.take("next", "A") == .waiting)
        #expect(pool.machine.openCount(ofServer: "one") == pool.machine.counts.open)
        #expect(pool.machine.waitingCount(ofServer: "one") == 1)
        #expect(pool.violations == [])
    }

    @Test func filesHaveNoServerLimit() {
        var pool = Self.model(one: 1, two: 1)
        for number in 0..<9 { #expect(pool.take("f\(number)", "F\(number)") == .opening(evicting: nil)) }
    }

    @Test func whatIsBeingClosedCountsForTheServer() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        _ = pool.giveBack("a")
        #expect(pool.evictOldest().closing == [1])
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.machine.openCount(ofServer: "one") == 1)
        #expect(pool.finishClosing().served == ["b"])
        #expect(pool.violations == [])
    }

    @Test func eachClosingReturnsItsShareByItself() {
        var pool = Self.model(max: 3)
        for key in ["A", "C", "F"] { _ = pool.take(key, key) }
        for key in ["A", "C", "F"] { _ = pool.giveBack(key) }
        #expect(pool.expireIdle(before: .seconds(1)).closing == [1, 2, 3])
        for name in ["x", "y", "z"] { #expect(pool.take(name, name) == .waiting) }
        for name in ["x", "y", "z"] { #expect(pool.finishClosing(upTo: 1).served == [name]) }
        #expect(pool.violations == [])
    }

    /// The waiter's server, the pool's limit and the process' are all in its way, one after the other.
    @Test func aWaiterHoldsNoShare() {
        var pool = Self.model(max: 2, one: 1)
        _ = pool.take("a", "A")
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.machine.counts.open == 1)
        #expect(pool.machine.openCount(ofServer: "one") == 1)
        #expect(pool.take("file", "F") == .opening(evicting: nil), "the share of the process is free")
        #expect(pool.giveBack("a").served == ["b"])
        #expect(pool.violations == [])
    }

    @Test func aFailedOpeningReturnsTheShareOfEveryLevel() {
        var pool = Self.model(max: 1, one: 1)
        _ = pool.ask("a", "A")
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.failToOpen("a").served == ["b"])
        #expect(pool.failToOpen("b").served == [])
        #expect(pool.machine.counts == PoolModel.Machine.Counts())
        #expect(pool.machine.openCount(ofServer: "one") == 0)
    }

    @Test func aLeaseFromBeforeADrainReturnsTheShareOfItsServer() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        #expect(pool.drain("A").revoked == [1])
        pool.serverOfKey["A"] = "two"
        #expect(pool.take("again", "A") == .opening(evicting: nil))
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.giveBack("a").closing == [1])
        #expect(pool.finishClosing().served == ["b"])
        #expect(pool.violations == [])
    }

    // MARK: Eviction

    @Test func aFullServerClosesItsOwnLongestIdle() {
        var pool = Self.model(one: 2)
        for key in ["F", "A", "B"] { _ = pool.take(key, key) }
        for key in ["F", "B", "A"] { _ = pool.giveBack(key) }
        pool.serverOfKey["E"] = "one"
        #expect(pool.take("e", "E") == .opening(evicting: 3))
        #expect(pool.violations == [])
    }

    @Test func aFullProcessClosesTheLongestIdleOfAny() {
        var pool = Self.model(max: 3)
        for key in ["F", "A", "C"] { _ = pool.take(key, key) }
        for key in ["C", "F", "A"] { _ = pool.giveBack(key) }
        #expect(pool.take("b", "B") == .opening(evicting: 3))
        #expect(pool.take("d", "D") == .opening(evicting: 1))
        #expect(pool.violations == [])
    }

    @Test func whereBothAreFullOneOfTheServerIsEnough() {
        var pool = Self.model(max: 3, one: 2)
        for key in ["F", "A", "B"] { _ = pool.take(key, key) }
        for key in ["F", "B", "A"] { _ = pool.giveBack(key) }
        pool.serverOfKey["E"] = "one"
        #expect(pool.take("e", "E") == .opening(evicting: 3))
        #expect(pool.machine.counts.open == 3)
        #expect(pool.violations == [])
    }

    /// The successor takes over the share of the process at once, and the server's is returned when it is closed.
    @Test func anEvictedConnectionCountsForItsServerUntilItIsClosed() {
        var pool = Self.model(max: 1, one: 1)
        _ = pool.take("a", "A")
        _ = pool.giveBack("a")
        #expect(pool.ask("file", "F") == .opening(evicting: 1))
        #expect(pool.machine.counts.open == 1)
        #expect(pool.machine.openCount(ofServer: "one") == 1)
        pool.open("file")
        #expect(pool.machine.openCount(ofServer: "one") == 0)
        #expect(pool.violations == [])
    }

    @Test func anEvictionThatFreesItsServerServesThatServersLine() {
        var pool = Self.model(max: 2, one: 1, two: 1)
        _ = pool.take("a", "A")
        _ = pool.take("c", "C")
        _ = pool.giveBack("a")
        #expect(pool.ask("file", "F") == .opening(evicting: 1))
        _ = pool.giveBack("c")
        #expect(pool.ask("b", "B") == .waiting, "the connection to server one is being closed")
        #expect(pool.closeEvicted(for: "file").served == ["b"])
        #expect(pool.violations == [])
    }

    // MARK: Fairness

    @Test func aFullServerHoldsUpNobodyElse() {
        var pool = Self.model(max: 3, one: 1, two: 2)
        _ = pool.take("a", "A")
        for number in 0..<5 { #expect(pool.take("b\(number)", "B") == .waiting) }
        #expect(pool.take("c", "C") == .opening(evicting: nil))
        #expect(pool.take("file", "F") == .opening(evicting: nil))
        #expect(pool.take("d", "D") == .waiting)
        #expect(pool.giveBack("file").served == ["d"], "they came first, and it is of no use to them")
        #expect(pool.giveBack("a").served == ["b0"])
        #expect(pool.violations == [])
    }

    @Test func theLineOfAServerIsServedInOrder() {
        var pool = Self.model(poolSize: 3, overflow: 0, one: 1)
        _ = pool.take("a", "A")
        for (name, key) in [("b", "B"), ("a2", "A"), ("b2", "B"), ("a3", "A")] {
            #expect(pool.take(name, key) == .waiting)
        }
        var (order, current) = ([String](), "a")
        while let next = pool.giveBack(current).served.first {
            pool.open(next)
            order.append(next)
            current = next
        }
        #expect(order == ["b", "a2", "b2", "a3"])
        #expect(pool.violations == [])
    }

    @Test func theLineOfTheProcessIsServedInOrderOverAllServers() {
        var pool = Self.model(max: 1)
        _ = pool.take("a", "A")
        for (name, key) in [("c", "C"), ("f", "F"), ("b", "B"), ("d", "D"), ("a2", "A")] {
            #expect(pool.take(name, key) == .waiting)
        }
        var (order, current) = ([String](), "a")
        while let next = pool.giveBack(current).served.first {
            pool.open(next)
            order.append(next)
            current = next
        }
        #expect(order == ["c", "f", "b", "d", "a2"])
        #expect(pool.violations == [])
    }

    /// A waiter that was held up by its server takes its place by age once it is the process that is in the way.
    @Test func theOldestIsNextWhenItsServerHasRoomAgain() {
        var pool = Self.model(max: 2, one: 1)
        _ = pool.take("a", "A")
        _ = pool.take("file", "F")
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.take("c", "C") == .waiting)
        #expect(pool.closeInsteadOfGivingBack("a").served == ["b"])
        #expect(pool.giveBack("file").served == ["c"])
        #expect(pool.violations == [])
    }

    @Test func aBusyKeyHandsItsServersShareToTheKeyThatWaitedLonger() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        _ = pool.take("b", "B")
        _ = pool.take("a2", "A")
        #expect(pool.giveBack("a").served == ["b"])
        pool.open("b")
        #expect(pool.giveBack("b").served == ["a2"])
        #expect(pool.violations == [])
    }

    @Test func theRoomForWaitersIsEachServersOwn() {
        var pool = Self.model(one: 1, two: 1, waiting: 2)
        for key in ["A", "C"] { _ = pool.take(key, key) }
        for number in 0..<2 { #expect(pool.take("b\(number)", "B") == .waiting) }
        #expect(pool.take("b2", "B") == .refused(.tooManyWaiting))
        #expect(pool.reserve("r", on: "one") == .refused(.tooManyWaiting))
        #expect(pool.take("d", "D") == .waiting)
        #expect(pool.cancel("b0") == true)
        #expect(pool.take("b3", "B") == .waiting)
        #expect(pool.violations == [])
    }

    // MARK: Limits that change

    @Test func aHigherLimitServesThoseWhoWait() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        for name in ["b", "b2", "b3"] { _ = pool.take(name, "B") }
        #expect(pool.setLimit(of: "one", to: 3).served == ["b", "b2"])
        #expect(pool.setLimit(of: "one", to: 3) == PoolModel.Outcome())
        #expect(pool.setLimit(of: "nowhere", to: 1) == PoolModel.Outcome())
        #expect(pool.violations == [])
    }

    @Test func aLowerLimitClosesWhatIsIdleAndTheRestAsItComesBack() {
        var pool = Self.model(one: 4)
        for (name, key) in [("a", "A"), ("a2", "A"), ("b", "B"), ("b2", "B")] { _ = pool.take(name, key) }
        _ = pool.giveBack("b")
        #expect(pool.setLimit(of: "one", to: 1).closing == [3])
        _ = pool.finishClosing()
        #expect(pool.giveBack("a").closing == [1])
        _ = pool.finishClosing()
        #expect(pool.take("b3", "B") == .waiting)
        #expect(pool.giveBack("b2").closing == [4])
        #expect(pool.finishClosing().served == [])
        #expect(pool.giveBack("a2").served == ["b3"])
        #expect(pool.violations == [])
    }

    // MARK: Reservations

    @Test func aReservationTakesAShareOfEveryLevelUntilItEnds() {
        var pool = Self.model(max: 2, one: 1)
        #expect(pool.reserve("r", on: "one") == .opening(evicting: nil))
        #expect(pool.machine.counts == PoolModel.Machine.Counts(open: 1, leased: 1))
        #expect(pool.take("a", "A") == .waiting)
        #expect(pool.reserve("files", on: nil) == .opening(evicting: nil))
        #expect(pool.take("file", "F") == .waiting)
        pool.open("r")
        pool.open("files")
        #expect(pool.giveBack("files").served == ["file"])
        #expect(pool.giveBack("r").served == ["a"])
        #expect(pool.violations == [])
    }

    @Test func reservationsWaitInTheSameLines() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        #expect(pool.reserve("r", on: "one") == .waiting)
        #expect(pool.take("b", "B") == .waiting)
        #expect(pool.reserve("s", on: "one") == .waiting)
        #expect(pool.giveBack("a").served == ["r"])
        #expect(pool.holders["r"]?.evicted?.closing.resource == 1)
        pool.open("r")
        #expect(pool.cancel("s") == true)
        #expect(pool.giveBack("r").served == ["b"])
        #expect(pool.violations == [])
    }

    @Test func aReservationMakesRoomAsALeaseDoes() {
        var pool = Self.model(max: 2, one: 1)
        for key in ["F", "A"] { _ = pool.take(key, key) }
        for key in ["F", "A"] { _ = pool.giveBack(key) }
        #expect(pool.reserve("r", on: "one") == .opening(evicting: 2))
        #expect(pool.reserve("s", on: "two") == .opening(evicting: 1))
        #expect(pool.violations == [])
    }

    @Test func aFreeReservationNeitherWaitsNorTakesFromItsServer() {
        var pool = Self.model(max: 3, one: 1)
        #expect(pool.reserveIfFree("r", on: "one") == .opening(evicting: nil))
        #expect(pool.reserveIfFree("s", on: "one") == nil, "the server is full")
        pool.open("r")
        _ = pool.giveBack("r")
        _ = pool.take("a", "A")
        _ = pool.giveBack("a")
        #expect(pool.reserveIfFree("s", on: "one") == nil, "an idle connection to the server stays")
        _ = pool.take("f", "F")
        _ = pool.take("g", "G")
        #expect(pool.reserveIfFree("s", on: "two") == .opening(evicting: 2), "the process is full")
        #expect(pool.reserveIfFree("t", on: "two") == nil, "nothing is idle")
        #expect(pool.take("h", "H") == .waiting)
        #expect(pool.machine.waitingCount(ofServer: "two") == 0)
        #expect(pool.violations == [])
    }

    @Test func nobodyIsOvertakenByAFreeReservation() {
        var pool = Self.model(one: 1)
        _ = pool.take("a", "A")
        _ = pool.take("b", "B")
        #expect(pool.setLimit(of: "one", to: 1).served == [])
        #expect(pool.reserveIfFree("r", on: "one") == nil)
        #expect(pool.machine.counts.waiting == 1)
        #expect(pool.violations == [])
    }

    @Test func shutdownDismissesWaitingReservationsAndLetsOthersEnd() {
        var pool = Self.model(one: 1)
        #expect(pool.reserve("r", on: "one") == .opening(evicting: nil))
        _ = pool.reserve("s", on: "one")
        #expect(pool.shutDown() == PoolModel.Outcome(dismissed: ["s"]))
        #expect(pool.reserve("late", on: "one") == .refused(.shuttingDown))
        #expect(pool.reserveIfFree("late", on: "two") == nil)
        pool.open("r")
        _ = pool.giveBack("r")
        #expect(pool.machine.counts == PoolModel.Machine.Counts())
        #expect(pool.violations == [])
    }

    // MARK: What is in the way

    @Test func saysWhatIsInTheWay() {
        var pool = Self.model(poolSize: 1, overflow: 0, max: 3, one: 1)
        #expect(pool.machine.obstacle(at: .key("A")) == nil)
        for key in ["A", "C"] { _ = pool.take(key, key) }
        for key in ["B", "C"] { _ = pool.take("\(key)2", key) }
        _ = pool.reserve("r", on: "one")
        #expect(pool.machine.obstacle(at: .key("A")) == nil, "it does not wait")
        #expect(pool.machine.obstacle(at: .key("B")) == .server("one"))
        #expect(pool.machine.obstacle(at: .reservations(server: "one")) == .server("one"))
        #expect(pool.machine.obstacle(at: .key("C")) == .database)
        _ = pool.take("f", "F")
        _ = pool.take("g", "G")
        _ = pool.reserve("s", on: nil)
        #expect(pool.machine.obstacle(at: .key("G")) == .process)
        #expect(pool.machine.obstacle(at: .reservations(server: nil)) == .process)
        #expect(pool.machine.obstacle(at: .reservations(server: "nowhere")) == nil)
        _ = pool.hold("C")
        #expect(pool.machine.obstacle(at: .key("C")) == .hold)
    }
}
