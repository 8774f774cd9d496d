internal import Logging

/// Permanent removal of deleted users.
///
/// Secrets go first, so that nobody can use the rest from the first step on. The database goes before the rows that
/// locate it: an interrupted process leaves a job that knows where to continue.
extension Provisioner {
    /// Destroys the secrets of a user, from when on the removal is carried through; or takes a removal over that was begun.
    /// - Parameter limit: only a user who was deleted before it.
    /// - Throws: ``TenancyError`` `userNotFound`; `invalidConfiguration` if the user is not deleted, or was deleted
    ///   later.
    func shred(_ userID: UserID, deletedBefore limit: Timestamp) async throws -> JobRun {
        let date = main.time.wallNow
        return try await main.transaction { database in
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
            let server = try await ConfigRepository(database).find(userID)?.server
            let request = JobRequest(.purge, userID: userID, lane: server)
            guard try await !JobRepository(database).isPurging(userID) else {
                return try await takeOver(request, kinds: [.purge], in: database)
            }
            try await users.shred(userID)
            try await ConfigRepository(database).shred(userID, date: date)
            let run = try await begin(request, PurgeStep.self, in: database)
            try await ChangeLog(database).append(userID, date: date)
            // After an interruption the server completes it, so record here who requested it.
            guard main.context.operatorName != nil else { return run }
            try await AuditLog(database).append(
                "user.purge_begun", actor: nil, userID: userID, detail: "username=\(user.username)", date: date)
            return run
        }
    }

    /// Completes a purge that was begun. Success is reported only after removal: if the database cannot be removed,
    /// the job stays running, with the reason in its row.
    func finishPurge(of userID: UserID, _ run: JobRun) async throws {
        let config = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
        if let config, !config.isAttached { try await dropForGood(config) }
        try await record(PurgeStep.drop.rawValue, run)
        try await faults.reached(FaultPoints.after(PurgeStep.drop))
        try run.checkStop()
        try await forget(userID, config, run)
        try await faults.reached(FaultPoints.after(PurgeStep.forget))
    }

    private func dropForGood(_ config: UserDatabaseConfig) async throws {
        let engine = try engines.engine(config.engine)
        let location = try await provisioningLocation(of: config)
        if engine.capabilities.isEmbedded {
            try await requireNobodyElses(location, config, engine: engine)
            try await engine.dropDatabase(at: location)
        } else {
            try await dropIfOwn(config)
        }
        try await health.watch(location) {
            try await engine.dropQuarantined(of: location) { [self] in try await isForeign($0, config, engine: engine) }
        }
    }

    /// Whether a database that was set aside carries another user's stamp. One without a stamp is taken for this user's; one that
    /// cannot be looked into now keeps the purge running.
    private func isForeign(
        _ location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws -> Bool {
        guard let stamp = try await stampOrNil(at: location, engine: engine), stamp.userID != config.userID else {
            return false
        }
        logger.warning(
            "a database of another user was set aside from this user's place, and is kept",
            metadata: [
                "user": "\(config.userID)", "owner": "\(stamp.userID)",
                "database": "\(location.path ?? location.name ?? "")",
            ])
        return true
    }

    private func stampOrNil(at location: DatabaseLocation, engine: any DatabaseEngine) async throws -> DatabaseIdentity?
    {
        do {
            guard !engine.capabilities.isEmbedded else {
                let query = DatabaseIdentity.query(in: engine.dialect)
                return try DatabaseIdentity.stamp(in: try await engine.queryOnce(query, at: location))
            }
            return try await engine.withConnection(to: location, as: .maintenance) {
                try await DatabaseIdentity.read(from: $0, dialect: engine.dialect)
            }
        } catch let error as TenancyError
            where [.databaseMissing, .tableMissing, .databaseCorrupt].contains(error.code)
        {
            return nil
        }
    }

    /// A corrupt file is removed as well: its path depends on the user's number only. A file that cannot be read now,
    /// or that was put there and is another user's, is not.
    private func requireNobodyElses(
        _ location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws {
        let query = DatabaseIdentity.query(in: engine.dialect)
        let stamp: DatabaseIdentity?
        do {
            stamp = try DatabaseIdentity.stamp(in: try await engine.queryOnce(query, at: location))
        } catch let error as TenancyError where [.databaseMissing, .tableMissing].contains(error.code) {
            stamp = nil
        } catch let error as TenancyError
            where error.code == .databaseCorrupt && config.path == UserDatabaseFiles.relativePath(of: config.userID)
        {
            stamp = nil
        }
        guard let stamp, stamp.userID != config.userID else { return }
        throw TenancyError(
            .wrongDatabase,
            "The file \(config.displayName) of user \(config.userID) holds the database of user \(stamp.userID), and was not "
                + "removed. Move it to where it belongs: unify doctor \(stamp.userID)", userID: config.userID,
            engine: config.engine)
    }

    private func forget(_ userID: UserID, _ config: UserDatabaseConfig?, _ run: JobRun) async throws {
        let date = main.time.wallNow
        // First: a user who is in the record but still exists is removed again; the opposite must not happen.
        let user = try await main.withDatabase(.read) { try await UserRepository($0).find(userID) }
        if let user {
            try await tombstones.append(.init(userID: userID, createdAt: user.createdAt, removedAt: date))
        }
        try await main.transaction { database in
            let jobs = JobRepository(database)
            let steps = PurgeStep.allCases.map(\.rawValue)
            guard try await jobs.endIfHeld(run.claim, as: .done, steps: steps, date: date) else {
                // Another process has taken the removal over, and may have completed it.
                guard try await UserRepository(database).find(userID) == nil else {
                    throw JobRepository.takenOver(run.claim)
                }
                return
            }
            try await beforeDeletingUser(database, userID)
            if let config { try await ConfigRepository(database).delete(userID, uuid: config.uuid) }
            try await UserRepository(database).delete(userID)
            try await Tombstones.insert(userID, uuid: config?.uuid, date: date, in: database)
            // For example, a new password for a login that no longer exists.
            try await jobs.failOpenJobs(of: userID, because: "The user was removed.", date: date)
            try await ChangeLog(database).append(userID, date: date)
            var detail = user.map { ["username=\($0.username)"] } ?? []
            if config?.isAttached == true { detail.append("the attached database is left to its operator") }
            try await AuditLog(database).append(
                "user.purge", actor: nil, userID: userID, detail: detail.joined(separator: "; "), date: date)
        }
    }
}
