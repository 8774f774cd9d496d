internal import Synchronization

/// One holder at a time for each user, within this process, first come, first served.
final class UserLocks: Sendable {
    private typealias Line = WaitingLine<UserID, Void>

    private struct State {
        var held: Set<UserID> = []
        var line = Line()
    }

    private let state = Lock(State())

    /// Runs the body while no other body runs for the same user. Ignores cancellation: the wait is bounded by the work
    /// of earlier bodies, each of which has its own limits.
    func withLock<Result: Sendable>(
        _ userID: UserID, _ body: @Sendable () async throws -> Result
    ) async rethrows -> Result {
        await lock(userID)
        defer { unlock(userID) }
        return try await body()
    }

    private func lock(_ userID: UserID) async {
        let ticket = state.withLock { state in state.held.insert(userID).inserted ? nil : state.line.join(userID) }
        guard let ticket else { return }
        let decision = await Line.waitFirmly(for: ticket) { [self] change in state.withLock { change(&$0.line) } }
        guard case .success = decision else { preconditionFailure("Nobody is refused.") }
    }

    private func unlock(_ userID: UserID) {
        let next = state.withLock { state in
            let next = state.line.grantFirst(of: userID, ())
            if next == nil { state.held.remove(userID) }
            return next
        }
        next?.run()
    }
}
