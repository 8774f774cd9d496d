internal import Synchronization
internal import Tenancy

/// Writes tries to sign in down in the audit log: successes in their own transaction, failures a second later, so that a
/// flood of them neither waits for the log nor holds it up. What waits is lost with a process that is killed; each refused
/// request has a line in the server's log as well.
final class SignInJournal: Sendable {
    private let state = Lock(SignInJournalState())

    /// Takes a success in.
    /// - Returns: whether its own transaction is to write it down; else it is counted.
    func admits(_ success: SignInTry) -> Bool { state.withLock { $0.admits(success) } }

    func add(_ failure: SignInTry) { state.withLock { $0.add(failure) } }

    /// Writes down what waits.
    /// - Parameter isLast: whether the server ends.
    func flush(to main: MainDatabase, at date: Timestamp, isLast: Bool = false) async throws {
        let tries = state.withLock { $0.take(at: date, isLast: isLast) }
        guard !tries.isEmpty else { return }
        try await main.transaction { database in
            var entries: [(SignInTry, UserAccount?)] = []
            for new in tries {
                entries.append((new, try await SignInName(new.name).find(in: database)?.0))
            }
            for (new, user) in entries {
                var detail = SecurityDetail(new.client)
                detail.times = new.times
                // Those that were counted as nobody's have no name.
                detail.name = new.name.isEmpty ? nil : SecurityDetail.shown(new.name, isKnown: user != nil)
                try await AuditLog(database).append(
                    new.action.rawValue, actor: nil, userID: user?.id, detail: detail.text, date: new.date)
            }
        }
    }
}
