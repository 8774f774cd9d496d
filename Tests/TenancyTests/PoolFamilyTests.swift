import TenancyTesting
import Testing

@testable internal import Tenancy

/// Pools of one database, from before and after its epoch was raised.
@Suite struct PoolFamilyTests {
    private static func model(poolSize: Int = 2, max: Int = 100) -> PoolModel {
        PoolModel(
            limits: PoolLimits(poolSize: poolSize, maxOverflow: 1, maxConnections: max), singleWriterKeys: ["A"])
    }

    /// Asks for a lease as the directory does.
    private func ask(
        _ name: String, _ key: String, _ access: Access = .read, exclusively: Bool = false, of pool: inout PoolModel
    ) -> PoolModel.Answer {
        _ = pool.retire(before: key)
        return pool.take(name, key, access, exclusively: exclusively)
    }

    @Test(arguments: ["A", "B"]) func aNewEpochIsLentWhileReadersOfTheOldOneEnd(family: String) {
        var pool = Self.model()
        for name in ["old", "idle"] { _ = pool.take(name, "\(family)1") }
        _ = pool.giveBack("idle")
        #expect(pool.retire(before: "\(family)2") == PoolModel.Outcome(closing: [2], revoked: [1]))
        #expect(pool.take("new", "\(family)2", .write) == .opening(evicting: nil))
        #expect(pool.machine.counts(ofFamily: family).leased == 1, "what was revoked is not counted")
        #expect(pool.giveBack("old") == PoolModel.Outcome(closing: [1]))
        #expect(pool.violations == [])
    }

    /// Nothing of the old epoch is written to a file once the new one is lent.
    @Test(arguments: [Access.read, .write]) func onAFileANewEpochWaitsForTheOldWriter(access: Access) {
        var pool = Self.model()
        _ = pool.take("writer", "A1", .write)
        _ = pool.take("reader", "A1")
        #expect(ask("new", "A2", access, of: &pool) == .waiting)
        #expect(pool.giveBack("reader").served == [])
        #expect(pool.giveBack("writer").served == ["new"])
        #expect(pool.violations == [])
    }

    @Test func aWriterWhoseOpeningFailsIsWaitedForNoLonger() {
        var pool = Self.model()
        _ = pool.ask("writer", "A1", .write)
        #expect(ask("new", "A2", of: &pool) == .waiting)
        #expect(pool.failToOpen("writer").served == ["new"])
        #expect(pool.violations == [])
    }

    @Test func onAServerWritersOfTheOldEpochHoldUpNobody() {
        var pool = Self.model()
        _ = pool.take("writer", "B1", .write)
        #expect(ask("new", "B2", .write, of: &pool) == .opening(evicting: nil))
        #expect(pool.violations == [])
    }

    @Test func exclusiveLeasesAreAloneAcrossEpochs() {
        var pool = Self.model()
        _ = pool.take("reader", "B1")
        #expect(ask("alone", "B2", exclusively: true, of: &pool) == .waiting)
        #expect(pool.giveBack("reader").served == ["alone"])
        pool.open("alone")
        #expect(ask("next", "B3", of: &pool) == .waiting)
        #expect(pool.giveBack("alone").served == ["next"])
        #expect(pool.violations == [])
    }

    @Test func waitersOfAnOldEpochAreDismissed() {
        var pool = Self.model()
        _ = pool.take("writer", "A1", .write)
        _ = pool.take("waiter", "A1", .write)
        #expect(pool.retire(before: "A2") == PoolModel.Outcome(dismissed: ["waiter"], revoked: [1]))
        #expect(pool.violations == [])
    }

    @Test func anOldEpochIsRefusedWhileTheNewOneHasAPool() {
        var pool = Self.model()
        _ = ask("new", "A2", of: &pool)
        #expect(ask("old", "A1", of: &pool) == .refused(.superseded))
        _ = pool.giveBack("new")
        #expect(ask("old", "A1", of: &pool) == .refused(.superseded), "an idle connection is a pool as well")
        #expect(pool.violations == [])
    }

    /// A move holds the database: it waits for what any epoch has out, and whatever is asked for meanwhile waits for it.
    @Test func aHoldIsOfAllEpochs() {
        var pool = Self.model()
        _ = pool.take("old", "B1", .write)
        _ = ask("new", "B2", .write, of: &pool)
        #expect(pool.hold("B2") == false)
        #expect(pool.giveBack("new").quiet == [])
        #expect(pool.giveBack("old").quiet == ["B"])
        #expect(pool.hold("B1") == nil, "there is one for all of them")
        #expect(ask("newest", "B3", of: &pool) == .waiting)
        #expect(pool.release("B").served == ["newest"])
        #expect(pool.violations == [])
    }

    @Test func drainingSparesTheCurrentPool() throws {
        var pool = Self.model()
        _ = pool.take("old", "B1")
        _ = pool.ask("new", "B2")
        let lease = try #require(pool.holders["new"]?.lease)
        let effects = pool.machine.drain("B", except: "B2")
        #expect(effects.toRevoke == [1])
        let isCurrent = pool.machine.opened(2, for: lease)
        #expect(isCurrent, "what is being opened is not interrupted")
        let others = pool.machine.drain("B", except: nil)
        #expect(others.toRevoke == [2])
    }

    /// The negative control: the model must notice a lease beside a writer of an older epoch.
    @Test func modelNoticesWhoIsLentBesideAnOldWriter() throws {
        var pool = Self.model()
        _ = pool.take("writer", "A1", .write)
        _ = pool.machine.retire(before: "A2")
        #expect(pool.take("new", "A2") == .waiting)
        let lease = try #require(pool.holders["writer"]?.lease)
        _ = pool.machine.closedInsteadOfGivenBack(lease)
        _ = pool.take("late", "A2")
        #expect(pool.violations.contains { $0.hasSuffix("beside an old writer") })
    }
}
