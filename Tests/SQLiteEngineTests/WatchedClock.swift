import Synchronization
import Tenancy

/// The system's clock, which says when it has been looked at so often that a statement must be running: SQLite asks for
/// the time every few thousand instructions.
final class WatchedClock: TimeSource {
    /// Gives a value once the clock has been read the awaited number of times.
    let isRunning: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let system = SystemTimeSource()
    private let readings = Atomic(0)
    private let awaited: Int

    init(readings awaited: Int) {
        self.awaited = awaited
        (isRunning, continuation) = AsyncStream.makeStream()
    }

    var monotonicNow: Duration {
        if readings.add(1, ordering: .relaxed).newValue == awaited { continuation.yield() }
        return system.monotonicNow
    }

    var wallNow: Timestamp { system.wallNow }
    func sleep(for duration: Duration) async throws { try await system.sleep(for: duration) }
}
