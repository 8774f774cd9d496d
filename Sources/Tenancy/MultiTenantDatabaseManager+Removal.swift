internal import Logging

/// Permanent removal of deleted users.
extension MultiTenantDatabaseManager {
    /// Permanently removes a deleted user: first the secrets, then the database with its login or files, then the
    /// rows. Repeatable; ``reconcile(olderThan:)`` completes an interrupted purge too. Attached databases are never
    /// dropped.
    ///
    /// - Parameter date: only a user who was deleted before it.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` if the user is not deleted, or was deleted
    ///   later; any error of removing the database, after which the purge can be retried.
    public func purgeUser(_ userID: UserID, deletedBefore date: Timestamp) async throws {
        do {
            try await locks.withLock(userID) { [self] in
                try await withoutCancellation { [self] in
                    await pools.drain(userID, except: nil)
                    let run = try await provisioner.shred(userID, deletedBefore: date)
                    try await jobs.runner.carryOut(
                        run, PurgeUser(provisioner: provisioner), isWatched: run.job.lane != nil
                    ) {
                        [self] in
                        try await provisioner.faults.reached(FaultPoints.after(PurgeStep.shred))
                        try await provisioner.finishPurge(of: userID, run)
                    }
                }
            }
            await apply(.user(userID))
        } catch {
            // It may have been interrupted.
            await apply(.user(userID))
            throw error
        }
    }

    /// Permanently removes every user who was deleted before a date.
    /// - Returns: how many were removed, and how many must be retried.
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
