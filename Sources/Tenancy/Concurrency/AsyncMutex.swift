internal import Synchronization

/// Admits one task at a time, first come, first served.
final class AsyncMutex: Sendable {
    private typealias Line = WaitingLine<NoKey, Void>

    private struct State {
        var isTaken = false
        var line = Line()
    }

    private let state = Lock(State())
    private let handover = Handover()

    /// Returns when it is the task's turn. Ignores cancellation: the wait is bounded by the earlier tasks' work.
    func lock() async {
        defer { handover.pass() }
        guard let ticket = lockOrJoin() else { return }
        let decision = await Line.waitFirmly(for: ticket) { [self] change in state.withLock { change(&$0.line) } }
        guard case .success = decision else { preconditionFailure("Nobody is refused.") }
    }

    /// - Returns: nil if the lock was free and is taken now.
    private func lockOrJoin() -> Line.Ticket? {
        state.withLock { state in
            guard !state.isTaken else { return state.line.join() }
            state.isTaken = true
            return nil
        }
    }

    func unlock() {
        handover.pass()
        let next = state.withLock { state in
            let next = state.line.grantFirst(())
            if next == nil { state.isTaken = false }
            return next
        }
        next?.run()
    }
}
