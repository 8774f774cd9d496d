internal import Logging

/// Removing deleted users for good.
extension MultiTenantDatabaseManager {
    /// Removes a deleted user for good: secrets first, then the database with its login or files, then the rows. Repeatable;
    /// a purge that was stopped is completed by ``reconcile(olderThan:)`` too. An attached database is left to its operator.
    ///
    /// - Parameter date: only a user who was deleted before it.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for a user who is not deleted, or later than that;
    ///   what removing a database throws: then it is to be tried again.
    public func purgeUser(_ userID: UserID, deletedBefore date: Timestamp) async throws {
        do {
            try await locks.withLock(userID) { [self] in
                try await withoutCancellation { [self] in
                    await pools.drain(.user(userID))
                    try await provisioner.purge(userID, deletedBefore: date)
                }
            }
            await apply(.user(userID))
        } catch {
            // It may have been stopped half way.
            await apply(.user(userID))
            throw error
        }
    }

    /// Removes every user who was deleted before a date for good.
    /// - Returns: how many there were, and how many must be tried again.
    public func purgeUsers(deletedBefore date: Timestamp) async throws -> (purged: Int, failed: Int) {
        var (last, result) = (Int64(0), (purged: 0, failed: 0))
        while true {
            let after = last
            let users = try await main.withDatabase(.read) {
                try await UserRepository($0).deleted(before: date, after: after, limit: 200)
            }
            guard let newest = users.last else { return result }
            last = newest.rawValue
            for userID in users {
                do {
                    try await purgeUser(userID, deletedBefore: date)
                    result.purged += 1
                } catch {
                    logger.error("a user could not be removed", metadata: ["user": "\(userID)", "error": "\(error)"])
                    result.failed += 1
                }
            }
        }
    }
}
