internal import DequeModule
internal import Synchronization

/// Admits one task at a time, first come, first served.
final class AsyncMutex: Sendable {
    private struct State {
        var isTaken = false
        var waiting: Deque<CheckedContinuation<Void, Never>> = []
    }

    private let state = Lock(State())
    private let handover = Handover()

    /// Returns when it is the task's turn. Ignores cancellation: the wait is bounded by the earlier tasks' work.
    func lock() async {
        defer { handover.pass() }
        if lockAtOnce() { return }
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func lockAtOnce() -> Bool {
        state.withLock { state in
            defer { state.isTaken = true }
            return !state.isTaken
        }
    }

    func unlock() {
        handover.pass()
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isTaken = false }
            return next
        }
        next?.resume()
    }
}
