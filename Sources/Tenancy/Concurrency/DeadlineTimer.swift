internal import Foundation
internal import Synchronization

/// One thread that calls back expired deadlines. It sleeps while there is nothing to watch.
public final class DeadlineTimer: Sendable {
    /// How late a callback can be.
    public static let resolution: Duration = .milliseconds(10)

    private struct Entry {
        let deadline: Duration
        let onExpiry: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var nextID: UInt64 = 0
        var hasThread = false
        /// Whether the thread sleeps until the next ``add(_:onExpiry:)``.
        var isAsleep = false
    }

    private let state = Lock(State())
    private let isNeeded = DispatchSemaphore(value: 0)
    private let time: any TimeSource

    public init(time: any TimeSource) { self.time = time }

    /// Adds a deadline.
    /// - Parameter onExpiry: called at most once, on the timer's thread, which it must not block; never after
    ///   ``remove(_:)``.
    /// - Returns: the id for ``remove(_:)``.
    func add(_ deadline: Duration, onExpiry: @escaping @Sendable () -> Void) -> UInt64 {
        let (id, mustWake) = state.withLock { state in
            state.nextID += 1
            state.entries[state.nextID] = Entry(deadline: deadline, onExpiry: onExpiry)
            // If no thread can be started now, the next call tries again.
            if !state.hasThread { state.hasThread = startThread() }
            defer { state.isAsleep = false }
            return (state.nextID, state.isAsleep)
        }
        if mustWake { isNeeded.signal() }
        return id
    }

    func remove(_ id: UInt64) { _ = state.withLock { $0.entries.removeValue(forKey: id) } }

    private func startThread() -> Bool {
        SystemThread.start(name: "deadlines", stackSize: 256 << 10) { [self] in
            while true { tick() }
        }
    }

    private func tick() {
        let now = time.monotonicNow
        let (expired, isEmpty) = state.withLock { state in
            let expired = state.entries.filter { $0.value.deadline <= now }
            for id in expired.keys { state.entries[id] = nil }
            state.isAsleep = state.entries.isEmpty
            return (expired.values, state.isAsleep)
        }
        for entry in expired { entry.onExpiry() }
        if isEmpty { isNeeded.wait() } else { Thread.sleep(forTimeInterval: 0.01) }
    }
}
