internal import Synchronization
internal import Tenancy

/// Limits the streams that one administrator has open.
final class StreamTurns: Sendable {
    /// An open stream; ends when released.
    final class Turn: Sendable {
        private let turns: StreamTurns
        private let userID: UserID

        fileprivate init(_ turns: StreamTurns, _ userID: UserID) { (self.turns, self.userID) = (turns, userID) }

        deinit { turns.end(userID) }
    }

    private let limit: Int
    private let open = Lock<[UserID: Int]>([:])

    init(limit: Int) { self.limit = limit }

    /// - Throws: ``Problem`` `too_many_requests` (429).
    func begin(_ userID: UserID) throws -> Turn {
        let isAdmitted = open.withLock { open in
            guard open[userID, default: 0] < limit else { return false }
            open[userID, default: 0] += 1
            return true
        }
        guard isAdmitted else { throw Problem.tooManyRequests }
        return Turn(self, userID)
    }

    private func end(_ userID: UserID) {
        open.withLock { open in
            let count = open[userID, default: 0] - 1
            open[userID] = count > 0 ? count : nil
        }
    }
}
