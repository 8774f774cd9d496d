internal import Tenancy
import TenancyTesting

/// Random steps through a ``PoolModel``, the same for the same generator.
struct PoolRandomWalk {
    private(set) var pool: PoolModel
    private(set) var servedCount = 0
    private(set) var quietCount = 0
    private let usesEverything: Bool
    private var random: SeededGenerator
    private var askedCount = 0
    private var epochs: [String: Int] = [:]

    /// - Parameter usesEverything: servers, reservations, exclusive leases, holds and epochs as well.
    init(_ pool: PoolModel, random: SeededGenerator, usesEverything: Bool = false) {
        self.pool = pool
        self.random = random
        self.usesEverything = usesEverything
    }

    mutating func run(stepCount: Int) {
        for _ in 0..<stepCount where pool.violations.isEmpty { takeStep() }
    }

    /// Ends all leases, so that everybody who waits has their turn.
    mutating func giveEverythingBack() {
        for key in pool.holds.keys.sorted() { count(pool.release(key)) }
        while pool.violations.isEmpty, !(pool.holders.isEmpty && pool.closing.isEmpty) {
            for name in pool.holders.keys.sorted() {
                pool.open(name)
                count(pool.giveBack(name))
            }
            count(pool.finishClosing())
        }
    }

    mutating func shutDownAndFinish() {
        count(pool.shutDown())
        giveEverythingBack()
    }

    private mutating func count(_ outcome: PoolModel.Outcome) {
        servedCount += outcome.served.count
        quietCount += outcome.quiet.count
    }

    private mutating func takeStep() {
        pool.now += .milliseconds(Int.random(in: 1...50, using: &random))
        if usesEverything, Int.random(in: 0..<4, using: &random) == 0 { return takeWiderStep() }
        let holder = pool.holders.keys.sorted().randomElement(using: &random) ?? ""
        let key = key()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<40: _ = pool.ask(nextName(), key, Bool.random(using: &random) ? .read : .write)
        case 40..<58: pool.open(holder)
        case 58..<61: count(pool.failToOpen(holder))
        case 61..<78: count(pool.giveBack(holder))
        case 78..<81: count(pool.closeInsteadOfGivingBack(holder))
        case 81..<90: count(pool.finishClosing(upTo: Int.random(in: 1...4, using: &random)))
        case 90..<94: count(pool.cancelling(pool.waiters.randomElement(using: &random)?.name ?? "") ?? .init())
        case 94..<95: count(pool.drain(key))
        case 95..<97: count(pool.expireIdle(before: pool.now - .milliseconds(500)))
        default: count(pool.evictOldest())
        }
    }

    private mutating func takeWiderStep() {
        let key = key()
        let server = pool.serverLimits.keys.sorted().randomElement(using: &random)
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<20: _ = pool.reserve(nextName(), on: Int.random(in: 0..<5, using: &random) == 0 ? nil : server)
        case 20..<30: _ = pool.reserveIfFree(nextName(), on: server)
        case 30..<45: _ = pool.ask(nextName(), key, .write, exclusively: true)
        case 45..<60: _ = pool.hold(key)
        case 60..<85: if let held = pool.holds.keys.sorted().randomElement(using: &random) { count(pool.release(held)) }
        case 85..<88: count(pool.retire(before: nextEpoch(of: key.family)))
        case 88..<93:
            if let server { count(pool.setLimit(of: server, to: Int.random(in: 1...5, using: &random))) }
        default:
            // The key's database moves. Leases that wait name the old server until the pool is drained.
            pool.serverOfKey[key.family] = Bool.random(using: &random) ? server : nil
        }
    }

    /// A family's newest key, and now and then the one before.
    private mutating func key() -> String {
        let family = ["A", "B", "C", "D"].randomElement(using: &random) ?? "A"
        guard let epoch = epochs[family] else { return family }
        let chosen = Int.random(in: 0..<10, using: &random) == 0 ? epoch - 1 : epoch
        return chosen == 0 ? family : "\(family)\(chosen)"
    }

    private mutating func nextEpoch(of family: String) -> String {
        let epoch = (epochs[family] ?? 0) + 1
        epochs[family] = epoch
        return "\(family)\(epoch)"
    }

    private mutating func nextName() -> String {
        askedCount += 1
        return "lease \(askedCount)"
    }
}
