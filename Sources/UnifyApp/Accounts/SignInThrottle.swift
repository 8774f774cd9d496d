internal import Synchronization
internal import Tenancy

/// Slows down who guesses passwords. Three buckets of tries: one for a name from an address, one for a name from
/// anywhere, one for an address. A right password gives its try back.
///
/// Lives in the memory of one process and is empty after a restart.
final class SignInThrottle: Sendable {
    struct Rule: Sendable {
        /// Tries at once.
        let burst: Double
        /// How long until one more try.
        let refill: Duration
    }

    static let perNameAndAddress = Rule(burst: 10, refill: .seconds(30))
    static let perName = Rule(burst: 100, refill: .seconds(10))
    static let perAddress = Rule(burst: 300, refill: .milliseconds(200))
    static let maxBuckets = 100_000

    private struct Bucket {
        var tries: Double
        var updated: Duration
    }

    private let time: any TimeSource
    private let buckets = Lock(LRUCache<String, Bucket>())

    init(time: any TimeSource) { self.time = time }

    /// Takes a try from each bucket.
    /// - Throws: ``Problem`` `too_many_tries` (429) where one of them is empty; then nothing is taken.
    func take(username: String, address: String) throws {
        let now = time.monotonicNow
        let wait = buckets.withLock { buckets -> Duration? in
            let filled = Self.keys(username, address).map { key, rule in
                (key, rule, Self.filled(buckets.use(key), rule, now))
            }
            let empty = filled.filter { $0.2.tries < 1 }
            guard empty.isEmpty else {
                return empty.map { $0.1.refill * (1 - $0.2.tries) }.max()
            }
            for (key, _, bucket) in filled {
                buckets.set(Bucket(tries: bucket.tries - 1, updated: now), for: key)
            }
            while buckets.count > Self.maxBuckets { _ = buckets.popOldest() }
            return nil
        }
        if let wait { throw Problem.tooManyTries(retryAfter: Int(wait.components.seconds) + 1) }
    }

    /// Gives the tries back: the password was right.
    func giveBack(username: String, address: String) {
        buckets.withLock { buckets in
            for (key, rule) in Self.keys(username, address) {
                guard var bucket = buckets.use(key) else { continue }
                bucket.tries = min(rule.burst, bucket.tries + 1)
                buckets.set(bucket, for: key)
            }
        }
    }

    private static func keys(_ username: String, _ address: String) -> [(String, Rule)] {
        let name = username.lowercased()
        return [
            ("both \(address) \(name)", perNameAndAddress), ("name \(name)", perName),
            ("address \(address)", perAddress),
        ]
    }

    private static func filled(_ bucket: Bucket?, _ rule: Rule, _ now: Duration) -> Bucket {
        guard var bucket else { return Bucket(tries: rule.burst, updated: now) }
        bucket.tries = min(rule.burst, bucket.tries + (now - bucket.updated) / rule.refill)
        bucket.updated = now
        return bucket
    }
}
