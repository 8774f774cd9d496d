/// Servers that do not answer, and when they are asked again.
struct JobLaneRests {
    static let first: Duration = .seconds(1)
    static let longest: Duration = .seconds(60)

    private var rests: [String: (length: Duration, until: Duration)] = [:]

    /// The server did not answer: it rests for twice as long as the last time. Those who failed at the same time count once.
    mutating func fail(_ lane: String, now: Duration) {
        guard let last = rests[lane] else {
            rests[lane] = (Self.first, now + Self.first)
            return
        }
        guard last.until <= now else { return }
        let length = min(last.length * 2, Self.longest)
        rests[lane] = (length, now + length)
    }

    mutating func succeed(_ lane: String) { rests[lane] = nil }

    func isResting(_ lane: String, now: Duration) -> Bool { rests[lane].map { $0.until > now } ?? false }
}
