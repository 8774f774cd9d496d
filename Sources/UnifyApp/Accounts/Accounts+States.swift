public import Tenancy

/// The states of accounts: active, suspended, deleted, administrator.
extension Accounts {
    /// Suspends a user: sessions end, and their database is refused from now on.
    /// - Returns: whether anything changed.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for the last administrator, and for a deleted user;
    ///   ``Problem`` `admin_required` for an actor who is no administrator.
    @discardableResult
    public func suspend(_ userID: UserID, actor: UserID? = nil) async throws -> Bool {
        try await changeState(of: userID) {
            try await manager.suspendUser(userID, actor: actor) { database in
                try await Self.requireAdministrator(actor, in: database)
                try await Self.refuseLosingLastAdmin(userID, in: database)
            } unless: { user in
                try Self.refuseDeleted(user)
                return !user.isActive
            } inTransaction: { database in
                try await Self.endSignIns(of: userID, in: database)
            }
        }
    }

    /// Undoes ``suspend(_:actor:)``.
    /// - Returns: whether anything changed.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for a deleted user; ``Problem`` `admin_required` for
    ///   an actor who is no administrator.
    @discardableResult
    public func resume(_ userID: UserID, actor: UserID? = nil) async throws -> Bool {
        try await changeState(of: userID) {
            try await manager.resumeUser(userID, actor: actor) { database in
                try await Self.requireAdministrator(actor, in: database)
            } unless: { user in
                try Self.refuseDeleted(user)
                return user.isActive
            }
        }
    }

    /// Deletes an account with a grace period: nobody can sign in, nothing is lost, and ``restore(_:actor:)``
    /// restores it.
    /// - Returns: whether anything changed; the grace period of a deleted user is not extended.
    /// - Throws: ``TenancyError`` `userNotFound`, `invalidConfiguration` for the last administrator; ``Problem``
    ///   `admin_required` for an actor who is no administrator.
    @discardableResult
    public func delete(_ userID: UserID, actor: UserID? = nil) async throws -> Bool {
        try await delete(userID, actor: actor, date: time.wallNow) {
            try await Self.requireAdministrator(actor, in: $0)
        }
    }

    /// The same by the user.
    /// - Throws: ``TenancyError`` `invalidConfiguration` for the last administrator; ``Problem`` `invalid_credentials`,
    ///   `not_signed_in` (401), if password or session are no longer good.
    func delete(by session: SignedInSession, _ password: CheckedPassword, client: Client) async throws {
        let date = time.wallNow
        _ = try await delete(session.user.id, actor: session.user.id, date: date) {
            try await requireUnchanged(password, and: session, from: client, in: $0, date: date)
        }
    }

    /// - Parameter permit: refuses whoever may not do it, in the transaction.
    private func delete(
        _ userID: UserID, actor: UserID?, date: Timestamp, permit: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws -> Bool {
        try await changeState(of: userID) {
            try await manager.suspendUser(userID, as: "user.delete", actor: actor) { database in
                // First: its lock must precede those on users.
                try await Self.refuseLosingLastAdmin(userID, in: database)
                try await permit(database)
                try await UserRepository(database).rememberSuspension(of: userID)
            } unless: {
                $0.deletedAt != nil
            } inTransaction: { database in
                try await UserRepository(database).setDeleted(date, of: userID)
                try await Self.endSignIns(of: userID, in: database)
            }
        }
    }

    /// Restores a deleted account. It is suspended again if it was suspended before it was deleted.
    /// - Returns: whether anything changed.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` if the user is suspended and not deleted, or
    ///   is being permanently removed; ``Problem`` `admin_required` for an actor who is no administrator.
    @discardableResult
    public func restore(_ userID: UserID, actor: UserID? = nil) async throws -> Bool {
        let wasSuspended = try await main.withDatabase(.read) { try await UserRepository($0).wasSuspended(userID) }
        let permit: @Sendable (DatabaseHandle) async throws -> Void = { database in
            try await Self.requireAdministrator(actor, in: database)
        }
        return try await changeState(of: userID) {
            guard wasSuspended else {
                return try await manager.resumeUser(
                    userID, as: "user.restore", actor: actor, first: permit,
                    unless: { try Self.refuseSuspended($0) },
                    inTransaction: { try await Self.bringBack(userID, isSuspended: false, in: $0) })
            }
            // Nothing of the database changes: it stays refused.
            return try await manager.suspendUser(
                userID, as: "user.restore", actor: actor, first: permit,
                unless: { user in
                    guard user.deletedAt != nil else { throw Self.changedMeanwhile(userID) }
                    return false
                }, inTransaction: { try await Self.bringBack(userID, isSuspended: true, in: $0) })
        }
    }

    /// - Returns: whether the user is not deleted, so that nothing is to be restored.
    /// - Throws: ``TenancyError`` `invalidConfiguration` for a user who is suspended and not deleted.
    private static func refuseSuspended(_ user: UserAccount) throws -> Bool {
        guard user.deletedAt == nil else { return false }
        guard user.isActive else {
            throw TenancyError(
                .invalidConfiguration,
                "User \(user.id) is not deleted but suspended. Run: unify user resume \(user.id)", userID: user.id)
        }
        return true
    }

    private static func changedMeanwhile(_ userID: UserID) -> TenancyError {
        TenancyError(.busy, "User \(userID) was changed meanwhile. Try again.", userID: userID)
    }

    private static func bringBack(_ userID: UserID, isSuspended: Bool, in database: DatabaseHandle) async throws {
        guard try await !JobRepository(database).isPurging(userID) else {
            throw TenancyError(
                .invalidConfiguration, "User \(userID) is being removed for good; there is no way back.", userID: userID
            )
        }
        let users = UserRepository(database)
        guard try await users.wasSuspended(userID) == isSuspended else {
            throw changedMeanwhile(userID)
        }
        try await users.setDeleted(nil, of: userID, isSuspended: isSuspended)
    }

    private func changeState(of userID: UserID, _ change: () async throws -> Bool) async throws -> Bool {
        let isChanged = try await change()
        cache.invalidate(.user(userID))
        return isChanged
    }

    /// Ends everything that lets someone sign in as the user, now or later.
    private static func endSignIns(of userID: UserID, in database: DatabaseHandle) async throws {
        try await SessionRepository(database).deleteAll(of: userID)
        try await PendingSignInRepository(database).deleteAll(of: userID)
        try await PasswordLinkRepository(database).delete(of: userID)
    }

    private static func refuseDeleted(_ user: UserAccount) throws {
        guard user.deletedAt != nil else { return }
        throw TenancyError(
            .invalidConfiguration, "User \(user.id) is deleted. Run: unify user restore \(user.id)", userID: user.id)
    }

    /// - Returns: whether anything changed.
    /// - Throws: ``TenancyError`` `invalidConfiguration` for the last administrator; ``Problem`` `admin_required` for an
    ///   actor who is no administrator.
    @discardableResult
    public func setAdmin(_ isAdmin: Bool, _ userID: UserID, actor: UserID? = nil) async throws -> Bool {
        let date = time.wallNow
        return try await change(userID) { database in
            try await Self.requireAdministrator(actor, in: database)
            if !isAdmin { try await Self.refuseLosingLastAdmin(userID, in: database) }
            guard try await UserRepository(database).setAdmin(isAdmin, of: userID) else { return false }
            if isAdmin {
                // What administrators may do for ordinary users, and not for one another, ends.
                try await PasswordLinkRepository(database).delete(of: userID)
                try await DataAccessRepository(database).endAll(of: userID, date: date)
            }
            try await AuditLog(database).append(
                "user.set_admin", actor: actor, userID: userID, detail: isAdmin ? "on" : "off", date: date)
            return true
        }
    }

    /// Call first in a transaction that removes an administrator's rights: an installation keeps its last
    /// administrator. Transactions that ask for it run one after the other.
    private static func refuseLosingLastAdmin(_ userID: UserID, in database: DatabaseHandle) async throws {
        try await InstallationRepository(database).lock()
        let users = UserRepository(database)
        guard try await users.find(userID)?.isAdmin == true, try await users.otherActiveAdmins(than: userID) == 0 else {
            return
        }
        throw TenancyError(
            .invalidConfiguration, "This is the last administrator. Make another one first: unify user set-admin ID")
    }
}
