/// Undoing an exchange of users' files, as happens when files are copied or moved by hand.
extension MultiTenantDatabaseManager {
    /// Files in a ring that are followed at most.
    private static let longestRing = 100
    /// How often, and how long between, files that another process has open are waited for.
    private static let closingTries = 100
    private static let closingPause: Duration = .milliseconds(100)

    /// The user in whose place a user's own file lies, where another user's lies in theirs; nil where it lies in nobody's, or
    /// where the database is no file.
    public func holder(ofFileOf userID: UserID) async throws -> UserID? {
        guard let config = try await loadUserDatabaseConfig(userID), config.path != nil else { return nil }
        var current = config
        for _ in 0..<Self.longestRing {
            guard let stamp = try await stamp(inPlaceOf: current), stamp.uuid != current.uuid else { return nil }
            // The last of the ring.
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
            let question = DatabaseIdentity.question(in: engine.dialect)
            let answer = try await engine.answer(to: question, at: try provisioner.location(of: config))
            return try DatabaseIdentity.stamp(in: answer)
        } catch let error as TenancyError
            where [.tableMissing, .databaseMissing, .databaseCorrupt, .databaseUnreadable].contains(error.code)
        {
            return nil
        }
    }

    /// Gives a user the file back that lies in another user's place, and that user, or the next one of a ring, what lay here.
    /// The two files change places in one step of the file system.
    ///
    /// - Parameter actor: the administrator who asked for it, for the audit log.
    /// - Returns: the other user.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if the user's file lies in nobody's place; `busy` if another
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
        // Whoever has opened one of them before they were exchanged closes it.
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
