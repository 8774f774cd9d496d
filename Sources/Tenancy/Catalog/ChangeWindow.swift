/// Which changes a process has seen, as a value.
///
/// Numbers are assigned when a row is written and become visible when it is committed, so a lower number can appear
/// after a higher one. A gap stays open until the transaction that took its number must have ended.
struct ChangeWindow {
    /// The longest possible transaction on the main database; an older gap stays empty.
    static let gapLimit: Duration = .seconds(120)
    /// If the last look is older than this, rows may have been trimmed unseen.
    static let maxAge: Duration = .seconds(600)
    /// The most open numbers that are tracked.
    static let maxOpen = 10_000

    /// Every number up to this one has been seen or will never appear.
    private(set) var floor: Int64
    private var seen: Set<Int64> = []
    /// When the gaps below each number were first noticed.
    private var noticed: [(upTo: Int64, at: Duration)] = []
    private var lastLook: Duration

    init(floor: Int64, now: Duration) {
        self.floor = floor
        lastLook = now
    }

    /// - Parameter ids: all numbers above ``floor`` that exist now, ascending.
    /// - Returns: the new ones; nil if there are too many to track, or the last look was too long ago.
    mutating func take(_ ids: [Int64], now: Duration) -> [Int64]? {
        guard ids.count < Self.maxOpen, now - lastLook < Self.maxAge else { return nil }
        lastLook = now
        let fresh = ids.filter { $0 > floor && !seen.contains($0) }
        seen.formUnion(fresh)
        if let newest = fresh.last, newest > (noticed.last?.upTo ?? floor) { noticed.append((newest, now)) }
        while seen.remove(floor + 1) != nil { floor += 1 }
        while let oldest = noticed.first, oldest.upTo <= floor || now - oldest.at > Self.gapLimit {
            floor = max(floor, oldest.upTo)
            noticed.removeFirst()
        }
        seen = seen.filter { $0 > floor }
        while seen.remove(floor + 1) != nil { floor += 1 }
        return fresh
    }
}
