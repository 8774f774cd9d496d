internal import Synchronization
public import Tenancy

/// Clocks that stand still until a test moves them.
public final class ManualTimeSource: TimeSource {
    private struct Sleeper {
        let wakeAt: Duration
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now: Duration = .seconds(1000)
        var sleepers: [Int: Sleeper] = [:]
        /// Sleeps that were cancelled before they began to wait.
        var cancelled: Set<Int> = []
        var nextID = 0
        var startedCount = 0
        var watchers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []

        mutating func takeReadyWatchers() -> [CheckedContinuation<Void, Never>] {
            let ready = watchers.filter { $0.count <= startedCount }.map(\.continuation)
            watchers.removeAll { $0.count <= startedCount }
            return ready
        }
    }

    private let state = Lock(State())
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    public init() {}

    public var monotonicNow: Duration { state.withLock { $0.now } }
    public var wallNow: Timestamp { start.adding(monotonicNow) }
    public var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    public func sleep(for duration: Duration) async throws {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { enter($0, id: id, duration: duration) }
        } onCancel: {
            cancel(id)
        }
    }

    /// Advances the clocks and wakes due sleepers, earliest first.
    public func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now += duration
            let ids = state.sleepers.filter { $0.value.wakeAt <= state.now }
                .sorted { ($0.value.wakeAt, $0.key) < ($1.value.wakeAt, $1.key) }.map(\.key)
            return ids.compactMap { state.sleepers.removeValue(forKey: $0)?.continuation }
        }
        for continuation in due { continuation.resume() }
    }

    /// Returns once this many sleeps have begun since the start, including ended ones, or when the task is cancelled,
    /// as at a test's time limit.
    public func sleepsHaveBegun(_ count: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state in
                    state.watchers.append((Task.isCancelled ? 0 : count, continuation))
                    return state.takeReadyWatchers()
                }
                for watcher in ready { watcher.resume() }
            }
        } onCancel: {
            let watchers = state.withLock { state in
                defer { state.watchers = [] }
                return state.watchers.map(\.continuation)
            }
            for watcher in watchers { watcher.resume() }
        }
    }

    private func enter(_ continuation: CheckedContinuation<Void, any Error>, id: Int, duration: Duration) {
        let (isCancelled, ready) = state.withLock { state in
            let isCancelled = state.cancelled.remove(id) != nil
            if !isCancelled {
                state.sleepers[id] = Sleeper(wakeAt: state.now + duration, continuation: continuation)
            }
            state.startedCount += 1
            return (isCancelled, state.takeReadyWatchers())
        }
        if isCancelled { continuation.resume(throwing: CancellationError()) }
        for watcher in ready { watcher.resume() }
    }

    private func cancel(_ id: Int) {
        let continuation = state.withLock { state in
            if let sleeper = state.sleepers.removeValue(forKey: id) { return Optional(sleeper.continuation) }
            state.cancelled.insert(id)
            return nil
        }
        continuation?.resume(throwing: CancellationError())
    }
}
