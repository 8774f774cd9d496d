import Tenancy

/// A clock that stands still.
struct HeldClock: TimeSource {
    var monotonicNow: Duration { .seconds(1000) }
    var wallNow: Timestamp { Timestamp(milliseconds: 1_700_000_000_000) }
    func sleep(for duration: Duration) async throws { try Task.checkCancellation() }
}
