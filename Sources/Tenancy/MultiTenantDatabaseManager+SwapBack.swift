/// Undoing an exchange of users' files, as happens when files are copied or moved by hand.
extension MultiTenantDatabaseManager {
    /// The most files followed in a ring.
    private static let longestRing = 100
    /// How often and how long to wait for files that another process has open.
    private static let closingTries = 100
    private static let closingPause: Duration = .milliseconds(100)

    /// The user in whose place this user's own file lies; nil if it is in no user's place, or the database is not a
    /// file.
    public func holder(ofFileOf userID: UserID) async throws -> UserID? {
        guard let config = try await loadUserDatabaseConfig(userID), config.path != nil else { return nil }
        var current = config
        for _ in 0..<Self.longestRing {
            guard let stamp = try await stamp(inPlaceOf: current), stamp.uuid != current.uuid else { return nil }
            // The last file of the ring.
            if stamp.uuid == config.uuid { return current.userID }
            guard let next = try await loadUserDatabaseConfig(stamp.userID), next.uuid == stamp.uuid, next.path != nil
            else { return nil }
            current = next
        }
        return nil
    }

    func stamp(inPlaceOf config: UserDatabaseConfig) async throws -> DatabaseIdentity? {
        let engine = try engines.engine(config.engine)
        do {
            let query = DatabaseIdentity.query(in: engine.dialect)
            let answer = try await engine.queryOnce(query, at: try provisioner.location(of: config))
            return try DatabaseIdentity.stamp(in: answer)
        } catch let error as TenancyError
            where [.tableMissing, .databaseMissing, .databaseCorrupt, .databaseUnreadable].contains(error.code)
        {
            return nil
        }
    }

    /// Moves a user's file back from another user's place; the file found in its own place goes there in exchange. In
    /// a ring of several users, repeat for the next one. The two files change places in one step of the file system.
    ///
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Returns: the other user.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the user's file is in no user's place; `busy` if another
    ///   process keeps one of the files open.
    @discardableResult
    public func swapBackUserDatabase(_ userID: UserID, actor: UserID? = nil) async throws -> UserID {
        guard let other = try await holder(ofFileOf: userID) else {
            throw TenancyError(
                .invalidConfiguration,
                "The database of user \(userID) lies in no other user's place. Put a copy of it back, or start with an "
                    + "empty one: unify database repair \(userID) --start-empty", userID: userID)
        }
        let (first, second) = (min(userID, other), max(userID, other))
        try await locks.withLock(first) { [self] in
            try await locks.withLock(second) { [self] in
                // Another process may have been faster.
                guard try await holder(ofFileOf: userID) == other else {
                    throw TenancyError(
                        .busy, "The files have just changed. Run: unify doctor \(userID)", userID: userID)
                }
                try await withoutCancellation { [self] in try await exchange(userID, other, actor: actor) }
            }
        }
        for user in [userID, other] { _ = try await testUserDatabase(user, depth: .quick) }
        return other
    }

    private func exchange(_ userID: UserID, _ other: UserID, actor: UserID?) async throws {
        guard let own = try await loadUserDatabaseConfig(userID), let others = try await loadUserDatabaseConfig(other)
        else { throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID) }
        let engine = try engines.engine(own.engine)
        let (here, there) = (try provisioner.location(of: own), try provisioner.location(of: others))
        // Any process that opened one of the files before the exchange closes it.
        let date = main.time.wallNow
        try await main.transaction { database in
            for user in [userID, other] {
                try await ConfigRepository(database).raiseEpoch(of: user, date: date)
                try await ChangeLog(database).append(user, date: date)
            }
        }
        for user in [userID, other] { await apply(.user(user)) }
        for left in (0..<Self.closingTries).reversed() {
            do {
                try await engine.exchange(here, with: there)
                break
            } catch let error as TenancyError where error.code == .busy && left > 0 {
                try await main.time.sleep(for: Self.closingPause)
            }
        }
        let now = main.time.wallNow
        try await main.transaction { database in
            for (user, partner) in [(userID, other), (other, userID)] {
                try await AuditLog(database).append(
                    "database.swap_back", actor: actor, userID: user, detail: "with user \(partner)", date: now)
            }
        }
    }
}
