/// How many works are under way on each server, and on files together (the lane with the empty name).
struct JobLanes {
    /// The most lanes that one search leaves out.
    static let maxAvoided = 500
    /// The lane of jobs that take long and need no single server.
    static let long = "long"

    private var counts: [String: Int] = [:]
    private(set) var count = 0

    /// - Returns: false, and nothing changed, if the lane has so many already.
    mutating func enter(_ lane: String?, limit: Int) -> Bool {
        guard counts[lane ?? "", default: 0] < limit else { return false }
        counts[lane ?? "", default: 0] += 1
        count += 1
        return true
    }

    mutating func leave(_ lane: String?) {
        guard let number = counts[lane ?? ""] else { return }
        counts[lane ?? ""] = number > 1 ? number - 1 : nil
        count -= 1
    }

    /// The lanes that have so many.
    func full(at limit: Int) -> Set<String> { Set(counts.filter { $0.value >= limit }.keys) }
}
