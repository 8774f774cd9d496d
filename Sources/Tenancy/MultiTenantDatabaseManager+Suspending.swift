internal import Logging

/// Suspending and resuming users, and invalidating caches.
extension MultiTenantDatabaseManager {
    /// Ends all use of a user's database at once and refuses it from now on.
    ///
    /// - Parameters:
    ///   - action: the action's name in the audit log.
    ///   - first: runs first in the same transaction, for example to take locks in a fixed order.
    ///   - isDone: whether the user is already in the wanted state; if so, nothing is written, not even to the audit
    ///     log.
    ///   - inTransaction: runs in the same transaction.
    /// - Returns: whether anything changed.
    @discardableResult
    public func suspendUser(
        _ userID: UserID, as action: String = "user.suspend", actor: UserID? = nil,
        first: @Sendable (DatabaseHandle) async throws -> Void = { _ in },
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        inTransaction: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            false, userID, as: action, actor: actor, first: first, unless: isDone, inTransaction: inTransaction)
    }

    /// Undoes ``suspendUser(_:as:actor:first:unless:inTransaction:)``, with the same parameters.
    /// - Returns: whether anything changed.
    @discardableResult
    public func resumeUser(
        _ userID: UserID, as action: String = "user.resume", actor: UserID? = nil,
        first: @Sendable (DatabaseHandle) async throws -> Void = { _ in },
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        inTransaction: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            true, userID, as: action, actor: actor, first: first, unless: isDone, inTransaction: inTransaction)
    }

    private func setActive(
        _ isActive: Bool, _ userID: UserID, as action: String, actor: UserID?,
        first: @Sendable (DatabaseHandle) async throws -> Void, unless isDone: @Sendable (UserAccount) throws -> Bool,
        inTransaction: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws -> Bool {
        let date = main.time.wallNow
        let isChanged = try await main.transaction { database in
            try await first(database)
            let users = UserRepository(database)
            try await users.lock(userID)
            guard let user = try await users.find(userID) else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            // Called whatever the database's state: it also refuses forbidden changes.
            let isThere = try isDone(user)
            let (from, to): (DatabaseState, DatabaseState) = isActive ? (.suspended, .active) : (.active, .suspended)
            let isMoved = try await ConfigRepository(database).move(userID, from: from, to: to, date: date)
            // A database whose state does not match its user's, after an interruption or a manual change, is brought
            // into line.
            guard isMoved || !isThere else { return false }
            try await users.setActive(isActive, of: userID)
            try await inTransaction(database)
            let after = try await users.find(userID)
            guard isMoved || after?.isActive != user.isActive || after?.deletedAt != user.deletedAt else {
                return false
            }
            try await ChangeLog(database).append(userID, date: date)
            // After taking any other rows: an appending transaction blocks all others that append.
            try await AuditLog(database).append(action, actor: actor, userID: userID, date: date)
            return true
        }
        if isChanged { await apply(.user(userID)) }
        return isChanged
    }

    /// Drops cached data of a changed user, and ends leases from before the change.
    ///
    /// ``ChangeFeed`` calls it for other processes' changes. Call it too after changing rows of the main database by
    /// other means.
    public func apply(_ change: ChangeFeed.Change) async {
        main.context.noteChange()
        switch change {
        case .user(let userID):
            _ = configs.invalidate(userID)
            guard tellsEpochsApart else { return }
            // Without a config, perhaps because of an error, no pool is known to be the current one. A new pool costs
            // little; a stale one may be wrong.
            let current = try? await loadUserDatabaseConfig(userID)
            await pools.drain(userID, except: current.map(poolKey))
        case .keys:
            provisioner.servers.invalidate()
            do {
                try keyRing.reload()
            } catch {
                logger.error("the root keys cannot be read again", metadata: ["error": "\(error)"])
            }
        case .everything:
            provisioner.servers.invalidate()
            configs.invalidateAll()
            for key in pools.keys { await pools.drain(key) }
        }
    }
}
