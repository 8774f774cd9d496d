internal import Logging
internal import Tenancy

extension Accounts {
    /// The security events of a user's account, newest first.
    func securityEvents(of userID: UserID, before: Int64?, limit: Int) async throws -> [SecurityEvent] {
        try await main.withDatabase(.read) { database in
            try await AuditLog(database).list(
                before: before, limit: limit, about: userID, actions: SecurityAction.allCases.map(\.rawValue))
        }
        .compactMap(SecurityEvent.init)
    }

    /// Records a sign-in, in the transaction that creates its session.
    /// - Returns: how many attempts have failed since the user last signed in.
    func noteSignIn(of user: UserAccount, _ client: Client, in database: DatabaseHandle, date: Timestamp) async throws
        -> Int
    {
        let actions = SecurityAction.allCases.filter { $0 == .signedIn || $0.isFailedTry }.map(\.rawValue)
        let failures = try await AuditLog(database).list(before: nil, limit: 50, about: user.id, actions: actions)
            .compactMap(SecurityEvent.init).prefix { $0.action != .signedIn }
        let success = SignInTry(action: .signedIn, name: user.username, client: client, date: date)
        if journal.admits(success) {
            try await AuditLog(database).append(
                SecurityAction.signedIn.rawValue, actor: user.id, userID: user.id, detail: SecurityDetail(client).text,
                date: date)
        }
        return failures.reduce(0) { $0 + ($1.detail?.times ?? 1) }
    }

    /// Records a user's action on their own account, last in the transaction that performs it.
    static func note(
        _ action: SecurityAction, of userID: UserID, _ client: Client, in database: DatabaseHandle, date: Timestamp
    ) async throws {
        try await AuditLog(database).append(
            action.rawValue, actor: userID, userID: userID, detail: SecurityDetail(client).text, date: date)
    }

    /// Writes down, a moment later, that a try failed.
    func noteFailure(_ action: SecurityAction, name: String, from client: Client) {
        journal.add(SignInTry(action: action, name: name, client: client, date: time.wallNow))
    }

    /// Records failed attempts. A failure to do so is logged, and nothing waits for it.
    func flushJournal(isLast: Bool = false, logger: Logger) async {
        do {
            try await journal.flush(to: main, at: time.wallNow, isLast: isLast)
        } catch {
            logger.warning("failed sign-ins could not be audited", metadata: ["error": "\(error)"])
        }
    }
}
