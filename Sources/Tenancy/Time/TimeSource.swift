/// Where the library gets its time from, so that tests can hold the clock.
public protocol TimeSource: Sendable {
    /// Time since some fixed moment; never goes back.
    var monotonicNow: Duration { get }
    /// The time of day in UTC; may jump when somebody sets the clock.
    var wallNow: Timestamp { get }
    /// Returns when the duration has passed on the monotonic clock.
    /// - Throws: `CancellationError` as soon as the task is cancelled.
    func sleep(for duration: Duration) async throws
}
