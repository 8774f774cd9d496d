internal import Logging

/// Users who were removed for good and are there again, since a copy of the main database from before that was put back.
extension MultiTenantDatabaseManager {
    /// The users of the main database who had been removed.
    public func returnedUsers() async throws -> [UserID] {
        let removed = try tombstones.entries()
        // Where no copy was put back, the main database knows of all of them.
        let known = try await main.withDatabase(.read) { try await Tombstones.count(in: $0) }
        guard removed.count > known else { return [] }
        var returned: [UserID] = []
        for entry in removed {
            let user = try await main.withDatabase(.read) { try await UserRepository($0).find(entry.userID) }
            if user?.createdAt == entry.createdAt { returned.append(entry.userID) }
        }
        return returned.sorted()
    }

    /// Refuses them until they are removed again.
    func refuseReturnedUsers() async throws {
        for userID in try await returnedUsers() {
            let date = main.time.wallNow
            logger.warning(
                "a removed user came back with a copy of the main database, and is removed again",
                metadata: ["user": "\(userID)"])
            try await suspendUser(
                userID, as: "user.delete", unless: { $0.deletedAt != nil && !$0.isActive },
                alongside: { try await UserRepository($0).setDeleted(date, of: userID) })
        }
    }

    /// Removes them again, after ``refuseReturnedUsers()``. One who cannot be removed now, such as for a server that is down,
    /// holds up no other, and is tried again with the jobs.
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
