/// The library's source of time; tests can replace it.
public protocol TimeSource: Sendable {
    /// Time since a fixed moment; never goes back.
    var monotonicNow: Duration { get }
    /// The time of day in UTC; may jump when the clock is set.
    var wallNow: Timestamp { get }
    /// Returns when the duration has passed on the monotonic clock.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws
}
