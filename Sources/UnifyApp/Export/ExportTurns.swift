internal import Synchronization
internal import Tenancy

/// Lets each user have one export at a time.
final class ExportTurns: Sendable {
    /// A running export; ends when released.
    final class Turn: Sendable {
        private let turns: ExportTurns
        private let userID: UserID

        fileprivate init(_ turns: ExportTurns, _ userID: UserID) { (self.turns, self.userID) = (turns, userID) }

        deinit { turns.running.withLock { _ = $0.remove(userID) } }
    }

    private let running = Lock<Set<UserID>>([])

    /// - Throws: ``Problem`` `export_running` (429).
    func begin(_ userID: UserID) throws -> Turn {
        guard running.withLock({ $0.insert(userID).inserted }) else { throw Problem.exportRunning }
        return Turn(self, userID)
    }
}
