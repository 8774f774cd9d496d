/// Divides a bounded number of bytes among owners, and the share of each owner among its parts, such as a user's sessions.
///
/// Where there is no room for more, the oldest holding of whoever holds the most gives way, if that is more than the one
/// who asks holds. So nobody is kept out by what others hold, and nobody loses anything to one who holds as much.
///
/// A value without a lock. Whoever keeps it runs the evictions that its methods return.
struct SharedRoom<Owner: Hashable & Sendable, Part: Hashable & Sendable>: Sendable {
    typealias Eviction = @Sendable () -> Void

    struct Bounds: Sendable {
        let ofAll: Int
        let ofOwner: Int
    }

    struct Amount: Sendable {
        var count = 0
        var bytes = 0
    }

    enum Refusal: Error {
        /// The owner has too much.
        case ofOwner
        /// There is no room for anybody who holds as much as the owner.
        case ofAll
    }

    struct Outcome {
        var refusal: Refusal?
        var evictions: [Eviction] = []
    }

    private struct Holding: Sendable {
        let owner: Owner
        let part: Part
        var bytes: Int
        let evict: Eviction
    }

    /// What one part holds. Older holdings have smaller numbers.
    private struct PartShare: Sendable {
        var amount = Amount()
        var numbers: Set<Int> = []
    }

    private struct Share: Sendable {
        var amount = Amount()
        var parts: [Part: PartShare] = [:]
    }

    private let bounds: Bounds
    private var holdings: [Int: Holding] = [:]
    private var shares: [Owner: Share] = [:]
    private var bytes = 0
    private var lastNumber = 0

    init(_ bounds: Bounds) { self.bounds = bounds }

    func amount(of owner: Owner) -> Amount { shares[owner]?.amount ?? Amount() }

    func amount(of owner: Owner, _ part: Part) -> Amount { shares[owner]?.parts[part]?.amount ?? Amount() }

    /// The parts of one owner, or of all.
    func parts(of owner: Owner?) -> [(owner: Owner, part: Part)] {
        var all: [(owner: Owner, part: Part)] = []
        for owner in owner.map({ [$0] }) ?? Array(shares.keys) {
            for part in shares[owner]?.parts.keys ?? [:].keys { all.append((owner, part)) }
        }
        return all
    }

    // MARK: Holding

    /// Holds bytes, whether or not there is room.
    /// - Parameter evict: run if the holding gives way.
    /// - Returns: the number of the holding.
    mutating func hold(_ bytes: Int, for owner: Owner, _ part: Part, evict: @escaping Eviction) -> Int {
        lastNumber += 1
        holdings[lastNumber] = Holding(owner: owner, part: part, bytes: 0, evict: evict)
        shares[owner, default: Share()].parts[part, default: PartShare()].numbers.insert(lastNumber)
        add(1, bytes: 0, for: owner, part)
        grow(lastNumber, by: bytes)
        return lastNumber
    }

    /// Whether a holding has not given way.
    func isHeld(_ number: Int) -> Bool { holdings[number] != nil }

    mutating func grow(_ number: Int, by bytes: Int) {
        guard var holding = holdings[number] else { return }
        holding.bytes += bytes
        holdings[number] = holding
        add(0, bytes: bytes, for: holding.owner, holding.part)
    }

    /// Gives back what is held; does nothing if it has given way.
    mutating func release(_ number: Int) {
        guard let holding = holdings.removeValue(forKey: number) else { return }
        shares[holding.owner]?.parts[holding.part]?.numbers.remove(number)
        add(-1, bytes: -holding.bytes, for: holding.owner, holding.part)
        if amount(of: holding.owner, holding.part).count == 0 { shares[holding.owner]?.parts[holding.part] = nil }
        if amount(of: holding.owner).count == 0 { shares[holding.owner] = nil }
    }

    private mutating func add(_ count: Int, bytes change: Int, for owner: Owner, _ part: Part) {
        bytes += change
        shares[owner]?.amount.count += count
        shares[owner]?.amount.bytes += change
        shares[owner]?.parts[part]?.amount.count += count
        shares[owner]?.parts[part]?.amount.bytes += change
    }

    // MARK: Giving way

    /// Makes room for more bytes of an owner's part.
    mutating func makeRoom(for more: Int, of owner: Owner, _ part: Part) -> Outcome {
        var outcome = makeRoomInShare(for: more, of: owner, part)
        guard outcome.refusal == nil else { return outcome }
        let ofAll = makeRoomAmongAll(for: more, of: owner, part)
        outcome.refusal = ofAll.refusal
        outcome.evictions += ofAll.evictions
        return outcome
    }

    /// Makes room for more bytes within all that owners may hold together.
    mutating func makeRoomAmongAll(for more: Int, of owner: Owner, _ part: Part) -> Outcome {
        var outcome = Outcome()
        while bytes + more > bounds.ofAll {
            guard let rival = rival(of: owner, part) else {
                outcome.refusal = .ofAll
                break
            }
            outcome.evictions.append(evictOldest(of: rival.owner, rival.part))
        }
        return outcome
    }

    /// Makes room for more bytes within what the owner may hold.
    mutating func makeRoomInShare(for more: Int, of owner: Owner, _ part: Part) -> Outcome {
        let limit = bounds.ofOwner
        return makeRoom(in: owner, for: part, by: \.bytes) { $0 + more > limit }
    }

    /// Makes room for one more holding of an owner, who may have so many.
    mutating func makePlace(for part: Part, of owner: Owner, among limit: Int) -> Outcome {
        makeRoom(in: owner, for: part, by: \.count) { $0 >= limit }
    }

    /// Lets other parts of an owner give way to a part that holds less.
    private mutating func makeRoom(
        in owner: Owner, for part: Part, by measure: KeyPath<Amount, Int>, while isFull: (Int) -> Bool
    ) -> Outcome {
        var outcome = Outcome()
        while isFull(amount(of: owner)[keyPath: measure]) {
            guard let heavier = heavierPart(of: owner, than: part, by: measure) else {
                outcome.refusal = .ofOwner
                break
            }
            outcome.evictions.append(evictOldest(of: owner, heavier))
        }
        return outcome
    }

    /// Takes back all that a part holds.
    mutating func evict(_ part: Part, of owner: Owner) -> [Eviction] {
        (0..<amount(of: owner, part).count).map { _ in evictOldest(of: owner, part) }
    }

    private mutating func evictOldest(of owner: Owner, _ part: Part) -> Eviction {
        guard let oldest = oldest(of: owner, part), let holding = holdings[oldest] else { return {} }
        release(oldest)
        return holding.evict
    }

    /// Who gives way to one more of an owner's part.
    private func rival(of owner: Owner, _ part: Part) -> (owner: Owner, part: Part)? {
        let most = shares.values.lazy.map(\.amount.bytes).max() ?? 0
        guard most > amount(of: owner).bytes else {
            return heavierPart(of: owner, than: part, by: \.bytes).map { (owner, $0) }
        }
        return shares.lazy.filter { $0.value.amount.bytes == most }
            .compactMap { owner, _ in heaviestPart(of: owner, by: \.bytes).map { (owner, $0) } }
            .min { (oldest(of: $0.0, $0.1) ?? 0) < (oldest(of: $1.0, $1.1) ?? 0) }
    }

    private func heavierPart(of owner: Owner, than part: Part, by measure: KeyPath<Amount, Int>) -> Part? {
        guard let heaviest = heaviestPart(of: owner, by: measure),
            amount(of: owner, heaviest)[keyPath: measure] > amount(of: owner, part)[keyPath: measure]
        else { return nil }
        return heaviest
    }

    private func heaviestPart(of owner: Owner, by measure: KeyPath<Amount, Int>) -> Part? {
        shares[owner]?.parts.max { $0.value.amount[keyPath: measure] < $1.value.amount[keyPath: measure] }?.key
    }

    private func oldest(of owner: Owner, _ part: Part) -> Int? { shares[owner]?.parts[part]?.numbers.min() }
}
