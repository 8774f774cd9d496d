/// Removing deleted users for good.
///
/// Secrets go first, so that from the first step on nobody can use what is left. The database goes before the rows that say
/// where it is: a process that is stopped in between leaves a job that knows where to go on.
extension Provisioner {
    /// - Parameter date: only a user who was deleted before it.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` for a user who is not deleted, or later than that.
    func purge(_ userID: UserID, deletedBefore date: Timestamp) async throws {
        try await shred(userID, deletedBefore: date)
        try await faults.reached(FaultPoints.after(PurgeStep.shred))
        try await finishPurge(of: userID)
    }

    private func shred(_ userID: UserID, deletedBefore limit: Timestamp) async throws {
        let date = main.time.wallNow
        try await main.transaction { database in
            let users = UserRepository(database)
            try await users.lock(userID)
            guard let user = try await users.find(userID) else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            guard let deletedAt = user.deletedAt else {
                throw TenancyError(
                    .invalidConfiguration, "User \(userID) is not deleted. Run: unify user delete \(userID)",
                    userID: userID)
            }
            guard deletedAt < limit else {
                throw TenancyError(
                    .invalidConfiguration, "User \(userID) was deleted on \(deletedAt.rfc3339) and is in grace.",
                    userID: userID)
            }
            // Found again where an earlier attempt was stopped.
            guard try await JobRepository(database).running(for: userID)?.kind != .purge else { return }
            try await users.shred(userID)
            try await ConfigRepository(database).shred(userID, date: date)
            _ = try await JobRepository(database).insert(.purge, userID: userID, date: date)
            try await ChangeLog(database).append(userID, date: date)
        }
    }

    /// Takes a purge that was begun through its remaining steps.
    func finishPurge(of userID: UserID) async throws {
        let config = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
        if let config, !config.isAttached {
            try await dropIfOwn(config)
            try await engines.engine(config.engine).dropSetAside(of: try await provisioningLocation(of: config))
        }
        try await faults.reached(FaultPoints.after(PurgeStep.drop))
        try await forget(userID, config)
        try await faults.reached(FaultPoints.after(PurgeStep.forget))
    }

    private func forget(_ userID: UserID, _ config: UserDatabaseConfig?) async throws {
        let date = main.time.wallNow
        // First: a user who is in the record and still there is removed again, never the other way round.
        if let user = try await main.withDatabase(.read, { try await UserRepository($0).find(userID) }) {
            try tombstones.append(.init(userID: userID, createdAt: user.createdAt, removedAt: date))
        }
        try await main.transaction { database in
            guard let job = try await JobRepository(database).running(for: userID), job.kind == .purge else { return }
            try await erase(database, userID)
            if let config { try await ConfigRepository(database).delete(userID, uuid: config.uuid) }
            try await UserRepository(database).delete(userID)
            try await Tombstones.insert(userID, uuid: config?.uuid, date: date, in: database)
            try await JobRepository(database).end(
                job.id, as: .done, steps: PurgeStep.allCases.map(\.rawValue), error: nil, date: date)
            try await ChangeLog(database).append(userID, date: date)
            let left = config?.isAttached == true ? "the attached database is left to its operator" : nil
            try await AuditLog(database).append("user.purge", actor: nil, userID: userID, detail: left, date: date)
        }
    }
}
