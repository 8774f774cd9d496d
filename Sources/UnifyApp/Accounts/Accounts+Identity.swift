public import Tenancy

/// Changes of existing users' names and addresses. Their sessions stay valid.
extension Accounts {
    /// The new values; nil for values that stay.
    public struct NewIdentity: Sendable {
        public let username: String?
        public let email: String?

        public init(username: String? = nil, email: String? = nil) {
            self.username = username
            self.email = email.map(EmailAddress.stored)
        }

        fileprivate var fault: String? {
            username.flatMap(AccountRules.fault(inUsername:)).map { "The username \($0)." }
                ?? email.flatMap(AccountRules.fault(inEmail:)).map { "The address \($0)." }
        }
    }

    /// Changes a user's name or address on behalf of the operator or an administrator.
    /// - Returns: whether anything changed.
    /// - Throws: ``AccountConflict``; ``TenancyError`` `userNotFound`, `invalidConfiguration` if a value breaks a
    ///   rule; ``Problem`` `admin_required` for an actor who is no administrator.
    @discardableResult
    public func setIdentity(_ new: NewIdentity, of userID: UserID, actor: UserID? = nil) async throws -> Bool {
        try await setIdentity(new, of: userID) { database, _ in
            try await Self.requireAdministrator(actor, in: database)
        } note: { action, change, database, date in
            try await AuditLog(database).append(
                action.rawValue, actor: actor, userID: userID, detail: change, date: date)
        }
    }

    /// Gives a user another name or address, by themselves.
    /// - Throws: also ``Problem`` `invalid_credentials`, `not_signed_in` (401), if password or session are no longer
    ///   good.
    func setIdentity(
        _ new: NewIdentity, by session: SignedInSession, _ password: CheckedPassword, client: Client
    ) async throws {
        let userID = session.user.id
        _ = try await setIdentity(new, of: userID) { database, date in
            try await requireUnchanged(password, and: session, from: client, in: database, date: date)
        } note: { action, change, database, date in
            var detail = SecurityDetail(client)
            detail.name = change
            try await AuditLog(database).append(
                action.rawValue, actor: userID, userID: userID, detail: detail.text, date: date)
        }
    }

    /// - Parameters:
    ///   - permit: runs first in the transaction, and refuses whoever may not make the change.
    ///   - note: records a change, written as `ada to lovelace`, in the transaction that makes it.
    private func setIdentity(
        _ new: NewIdentity, of userID: UserID, permit: @Sendable (DatabaseHandle, Timestamp) async throws -> Void,
        note: @Sendable (SecurityAction, _ change: String, DatabaseHandle, Timestamp) async throws -> Void
    ) async throws -> Bool {
        if let fault = new.fault { throw TenancyError(.invalidConfiguration, fault, userID: userID) }
        let date = time.wallNow
        do {
            return try await change(userID) { database in
                try await permit(database, date)
                guard let user = try await UserRepository(database).find(userID) else {
                    throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
                }
                if let conflict = try await Self.conflict(of: new, with: userID, in: database) { throw conflict }
                var changes: [(SecurityAction, String)] = []
                if let username = new.username, username != user.username {
                    try await UserRepository(database).setUsername(username, of: userID)
                    changes.append((.usernameChanged, "\(user.username) to \(username)"))
                }
                // By bytes: to Swift, texts of two normal forms are equal.
                if let email = new.email, !email.utf8.elementsEqual(user.email.utf8) {
                    try await UserRepository(database).setEmail(email, of: userID)
                    try await EmailRepository(database).replace(email, of: userID)
                    changes.append((.emailChanged, "\(user.email) to \(email)"))
                }
                for (action, change) in changes { try await note(action, change, database, date) }
                return !changes.isEmpty
            }
        } catch let error as TenancyError where error.code == .uniqueViolation {
            // If two users take the same value at once, the database refuses the second.
            throw try await main.withDatabase(.read) { try await Self.conflict(of: new, with: userID, in: $0) } ?? error
        }
    }

    private static func conflict(
        of new: NewIdentity, with userID: UserID, in database: DatabaseHandle
    ) async throws -> AccountConflict? {
        if let username = new.username, let other = try await UserRepository(database).find(username: username),
            other.id != userID
        {
            return AccountConflict(field: .username)
        }
        guard let email = new.email, try await EmailRepository(database).isTaken(email, except: userID) else {
            return nil
        }
        return AccountConflict(field: .email)
    }

    func user(_ userID: UserID) async throws -> UserAccount? {
        try await main.withDatabase(.read) { try await UserRepository($0).find(userID) }
    }
}
