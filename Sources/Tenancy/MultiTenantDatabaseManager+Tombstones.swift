internal import Logging

/// Users who were permanently removed and reappear because an older copy of the main database was restored.
extension MultiTenantDatabaseManager {
    /// The removed users who are in the main database.
    public func returnedUsers() async throws -> [UserID] {
        let removed = try await tombstones.entries()
        // Unless a copy was restored, the main database knows all removed users.
        let known = try await main.withDatabase(.read) { try await Tombstones.count(in: $0) }
        guard removed.count > known else { return [] }
        var returned: [UserID] = []
        for entry in removed {
            let user = try await main.withDatabase(.read) { try await UserRepository($0).find(entry.userID) }
            if user?.createdAt == entry.createdAt { returned.append(entry.userID) }
        }
        return returned.sorted()
    }

    /// Refuses these users until they are removed again.
    func refuseReturnedUsers() async throws {
        for userID in try await returnedUsers() {
            let date = main.time.wallNow
            logger.warning(
                "a removed user came back with a copy of the main database, and is removed again",
                metadata: ["user": "\(userID)"])
            try await suspendUser(
                userID, as: "user.delete", unless: { $0.deletedAt != nil && !$0.isActive },
                inTransaction: { try await UserRepository($0).setDeleted(date, of: userID) })
        }
    }

    /// Removes these users again, after ``refuseReturnedUsers()``. One who cannot be removed now, for example because
    /// a server is down, does not delay the others, and is retried with the jobs.
    func removeReturnedUsers() async {
        do {
            for userID in try await returnedUsers() { await removeAgain(userID) }
        } catch {
            logger.warning("removed users who came back cannot be read", metadata: ["error": "\(error)"])
        }
    }

    private func removeAgain(_ userID: UserID) async {
        do {
            try await purgeUser(userID, deletedBefore: main.time.wallNow.adding(.milliseconds(1)))
        } catch {
            logger.warning(
                "a removed user who came back cannot be removed again yet",
                metadata: ["user": "\(userID)", "error": "\(error)"])
        }
    }
}
