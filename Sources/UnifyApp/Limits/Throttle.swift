internal import Synchronization
internal import Tenancy

/// Several sets of buckets; an attempt takes one token from each, or none at all.
///
/// Lives in the memory of one process and is full again after a restart.
final class Throttle<Name: Hashable & Sendable>: Sendable {
    /// A bucket from which an attempt takes a token.
    struct Toll: Sendable {
        let name: Name
        let key: String
    }

    private let time: any TimeSource
    private let sets: Lock<[Name: TokenBuckets]>

    init(_ rules: [Name: TokenBuckets.Rule], time: any TimeSource) {
        self.time = time
        sets = Lock(rules.mapValues { TokenBuckets($0) })
    }

    /// - Throws: ``Problem`` `too_many_tries` (429) if a bucket is empty; nothing is taken then.
    func take(_ tolls: [Toll]) throws {
        let now = time.monotonicNow
        let wait = sets.withLock { sets -> Duration? in
            let waits = tolls.compactMap { sets[$0.name]?.wait(for: $0.key, now: now) }
            if let longest = waits.max() { return longest }
            for toll in tolls { sets[toll.name]?.take(toll.key, now: now) }
            return nil
        }
        if let wait { throw Problem.tooManyTries(retryAfter: Int(wait.components.seconds) + 1) }
    }

    func giveBack(_ tolls: [Toll]) {
        sets.withLock { sets in
            for toll in tolls { sets[toll.name]?.giveBack(toll.key) }
        }
    }

    /// Takes an attempt, runs the body, and returns the attempt unless the outcome costs one.
    /// - Parameters:
    ///   - costs: receives the body's error; nil for success.
    ///   - onRefusal: called if no attempt is left.
    func charging<Result>(
        _ tolls: [Toll], if costs: ((any Error)?) -> Bool, _ body: () async throws -> Result,
        onRefusal: () -> Void = {}
    ) async throws -> Result {
        do {
            try take(tolls)
        } catch {
            onRefusal()
            throw error
        }
        do {
            let result = try await body()
            if !costs(nil) { giveBack(tolls) }
            return result
        } catch {
            if !costs(error) { giveBack(tolls) }
            throw error
        }
    }
}
