/// Which changes a process has seen, as a value.
///
/// Numbers are given when a row is written and seen when it is committed, so that a lower number may appear after a higher
/// one. A gap is therefore kept open until whatever wrote it must have ended.
struct ChangeWindow {
    /// How long a transaction of the main database may last; a gap that is older stays empty.
    static let gapLimit: Duration = .seconds(120)
    /// After so long without a look, rows may have been trimmed unseen.
    static let maxAge: Duration = .seconds(600)
    /// More numbers than this are not told apart.
    static let maxOpen = 10_000

    /// Every number up to this one was seen, or never will be.
    private(set) var floor: Int64
    private var seen: Set<Int64> = []
    /// When the gaps below each number were first noticed.
    private var noticed: [(upTo: Int64, at: Duration)] = []
    private var lastLook: Duration

    init(floor: Int64, now: Duration) {
        self.floor = floor
        lastLook = now
    }

    /// - Parameter ids: all numbers above ``floor`` that there are now, in order.
    /// - Returns: those that are new; nil where there are more than can be told apart, or the last look was too long ago.
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
