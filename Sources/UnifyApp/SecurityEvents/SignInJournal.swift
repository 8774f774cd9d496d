internal import Synchronization
internal import Tenancy

/// Records sign-in attempts in the audit log: successes in their own transaction, failures up to a second later, so
/// that a flood of them neither waits for the log nor blocks it. A killed process loses pending ones; every refused
/// request also has a line in the server's log.
final class SignInJournal: Sendable {
    private let state = Lock(SignInJournalState())

    /// Takes a success.
    /// - Returns: whether its own transaction should record it; otherwise it is only counted.
    func admits(_ success: SignInTry) -> Bool { state.withLock { $0.admits(success) } }

    func add(_ failure: SignInTry) { state.withLock { $0.add(failure) } }

    /// Records pending attempts.
    /// - Parameter isLast: whether the server is ending.
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
                // Those counted without a name have none.
                detail.name = new.name.isEmpty ? nil : SecurityDetail.shown(new.name, isKnown: user != nil)
                try await AuditLog(database).append(
                    new.action.rawValue, actor: nil, userID: user?.id, detail: detail.text, date: new.date)
            }
        }
    }
}
