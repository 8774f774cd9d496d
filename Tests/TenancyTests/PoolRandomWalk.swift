internal import Tenancy
import TenancyTesting

/// Random steps through a ``PoolModel``, the same for the same generator.
struct PoolRandomWalk {
    private(set) var pool: PoolModel
    private(set) var servedCount = 0
    private var random: SeededGenerator
    private var askedCount = 0

    init(_ pool: PoolModel, random: SeededGenerator) {
        self.pool = pool
        self.random = random
    }

    mutating func run(stepCount: Int) {
        for _ in 0..<stepCount where pool.violations.isEmpty { takeStep() }
    }

    /// Ends all leases, so that everybody who waits has their turn.
    mutating func giveEverythingBack() {
        while pool.violations.isEmpty, !(pool.holders.isEmpty && pool.closing.isEmpty) {
            for name in pool.holders.keys.sorted() {
                pool.open(name)
                _ = pool.giveBack(name)
            }
            _ = pool.finishClosing()
        }
    }

    mutating func shutDownAndFinish() {
        _ = pool.shutDown()
        giveEverythingBack()
    }

    private mutating func takeStep() {
        pool.now += .milliseconds(Int.random(in: 1...50, using: &random))
        let holder = pool.holders.keys.sorted().randomElement(using: &random) ?? ""
        let key = ["A", "B", "C", "D"].randomElement(using: &random) ?? "A"
        var outcome = PoolModel.Outcome()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40:
            askedCount += 1
            _ = pool.ask("lease \(askedCount)", key, Bool.random(using: &random) ? .read : .write)
        case 40..<58: pool.open(holder)
        case 58..<61: outcome = pool.failToOpen(holder)
        case 61..<78: outcome = pool.giveBack(holder)
        case 78..<81: outcome = pool.closeInsteadOfGivingBack(holder)
        case 81..<90: outcome = pool.finishClosing()
        case 90..<94: _ = pool.cancel(pool.waiters.randomElement(using: &random)?.name ?? "")
        case 94..<95: outcome = pool.drain(key)
        case 95..<97: outcome = pool.expireIdle(before: pool.now - .milliseconds(500))
        default: outcome = pool.evictOldest()
        }
        servedCount += outcome.served.count
    }
}
