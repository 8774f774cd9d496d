internal import Logging

/// Ending the use of users' databases, and what caches keep of them.
extension MultiTenantDatabaseManager {
    /// Ends all use of a user's database at once and refuses it from now on.
    ///
    /// - Parameters:
    ///   - action: what the audit log calls it.
    ///   - first: what is to be done in the same transaction before anything else, such as taking locks in an order.
    ///   - isDone: whether the user is as wished already; then nothing is written, neither to the audit log.
    ///   - alongside: what else is to be committed together with it.
    /// - Returns: whether anything changed.
    @discardableResult
    public func suspendUser(
        _ userID: UserID, as action: String = "user.suspend", actor: UserID? = nil,
        first: @Sendable (DatabaseHandle) async throws -> Void = { _ in },
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        alongside: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            false, userID, as: action, actor: actor, first: first, unless: isDone, alongside: alongside)
    }

    /// Undoes ``suspendUser(_:as:actor:first:unless:alongside:)``.
    /// - Returns: whether anything changed.
    @discardableResult
    public func resumeUser(
        _ userID: UserID, as action: String = "user.resume", actor: UserID? = nil,
        unless isDone: @Sendable (UserAccount) throws -> Bool = { _ in false },
        alongside: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> Bool {
        try await setActive(
            true, userID, as: action, actor: actor, first: { _ in }, unless: isDone, alongside: alongside)
    }

    private func setActive(
        _ isActive: Bool, _ userID: UserID, as action: String, actor: UserID?,
        first: @Sendable (DatabaseHandle) async throws -> Void, unless isDone: @Sendable (UserAccount) throws -> Bool,
        alongside: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws -> Bool {
        let date = main.time.wallNow
        let isChanged = try await main.transaction { database in
            try await first(database)
            let users = UserRepository(database)
            try await users.lock(userID)
            guard let user = try await users.find(userID) else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            // Asked for whatever the database is like: it also refuses what must not be done.
            let isThere = try isDone(user)
            let (from, to): (DatabaseState, DatabaseState) = isActive ? (.suspended, .active) : (.active, .suspended)
            let isMoved = try await ConfigRepository(database).move(userID, from: from, to: to, date: date)
            // A database that is not as its user is, after an interruption or by hand, is brought into line.
            guard isMoved || !isThere else { return false }
            try await users.setActive(isActive, of: userID)
            try await alongside(database)
            let after = try await users.find(userID)
            guard isMoved || after?.isActive != user.isActive || after?.deletedAt != user.deletedAt else {
                return false
            }
            try await ChangeLog(database).append(userID, date: date)
            // After whatever takes rows of others: whoever appends holds up all who do.
            try await AuditLog(database).append(action, actor: actor, userID: userID, date: date)
            return true
        }
        if isChanged { await apply(.user(userID)) }
        return isChanged
    }

    /// Drops what this process keeps of a user whose rows changed, and ends leases from before the change.
    ///
    /// ``ChangeFeed`` calls it for changes of other processes; whoever changes rows of the main database by other means
    /// calls it too.
    public func apply(_ change: ChangeFeed.Change) async {
        main.context.noteChange()
        switch change {
        case .user(let userID):
            _ = configs.invalidate(userID)
            // The cache may have read the change before it was told of it: the connections' own epochs count.
            guard !options.disabledSafeguards.contains(.epochs) else { return }
            guard let current = try? await loadUserDatabaseConfig(userID),
                !pools.mayHoldConnection(of: .user(userID), notFrom: current.epoch)
            else {
                // Not told to be unchanged, be it for an error: a new pool costs little, a stale one may be wrong.
                return await pools.drain(.user(userID))
            }
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
