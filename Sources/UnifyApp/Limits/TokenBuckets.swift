internal import Tenancy

/// Token buckets that refill over time, one for each key; all follow one rule.
///
/// A value without a clock. A key without a bucket has a full one, so full buckets can be dropped.
struct TokenBuckets: Sendable {
    struct Rule: Sendable, Equatable {
        /// Tokens at once.
        let burst: Int
        /// How long until there is one more.
        let refill: Duration

        /// A burst of this size, then this many per hour.
        static func perHour(_ count: Int, atOnce burst: Int? = nil) -> Rule {
            Rule(burst: burst ?? count, refill: .seconds(3600) / count)
        }
    }

    private struct Bucket {
        var tokens: Double
        var updated: Duration
    }

    let rule: Rule
    private let maxBuckets: Int
    private var buckets = LRUCache<String, Bucket>()

    init(_ rule: Rule, maxBuckets: Int = 50_000) {
        self.rule = rule
        self.maxBuckets = maxBuckets
    }

    /// How long until a key has a token; nil if it has one now.
    mutating func wait(for key: String, now: Duration) -> Duration? {
        let tokens = filled(key, now).tokens
        return tokens < 1 ? rule.refill * (1 - tokens) : nil
    }

    /// Takes a token; call only if ``wait(for:now:)`` says that there is one.
    mutating func take(_ key: String, now: Duration) {
        var bucket = filled(key, now)
        bucket.tokens -= 1
        buckets.set(bucket, for: key)
        while buckets.count > maxBuckets { _ = buckets.popOldest() }
    }

    mutating func giveBack(_ key: String) {
        guard var bucket = buckets.use(key) else { return }
        bucket.tokens = min(Double(rule.burst), bucket.tokens + 1)
        buckets.set(bucket, for: key)
    }

    private mutating func filled(_ key: String, _ now: Duration) -> Bucket {
        guard var bucket = buckets.use(key) else { return Bucket(tokens: Double(rule.burst), updated: now) }
        bucket.tokens = min(Double(rule.burst), bucket.tokens + (now - bucket.updated) / rule.refill)
        bucket.updated = now
        return bucket
    }
}
