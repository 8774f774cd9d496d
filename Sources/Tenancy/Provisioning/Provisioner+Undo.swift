internal import Logging

/// Undoing provisioning.
extension Provisioner {
    /// Undoes what this job has made.
    /// - Parameter state: how the job ends.
    /// - Throws: ``TenancyError`` `jobTakenOver` if it is another process's by now, which goes on.
    func undo(
        _ config: UserDatabaseConfig, _ run: JobRun, isUntouched: Bool, steps: [ProvisioningStep],
        because error: any Error, as state: JobState = .failed
    ) async throws {
        let date = main.time.wallNow
        let userID = config.userID
        // Independent of the caller's cancellation: an undo that was begun is completed.
        try await withoutCancellation { [self] in
            let claimed = try await main.transaction { database in
                try await JobRepository(database).require(run.claim, date: date)
                return try await ConfigRepository(database).move(
                    userID, from: .provisioning, to: .removing, date: date)
            }
            let current = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
            guard claimed || current == nil || current?.state == .removing else { return }
            try await finishUndo(
                config, run, isUntouched: isUntouched, steps: steps, because: "\(error)", as: state)
        }
    }

    /// - Parameter isUntouched: whether nothing was made, so that no server needs to be asked.
    func finishUndo(
        _ config: UserDatabaseConfig, _ run: JobRun, isUntouched: Bool = false, steps: [ProvisioningStep],
        because reason: String, as state: JobState = .failed
    ) async throws {
        if !isUntouched { try await takeBack(config) }
        let date = main.time.wallNow
        let userID = config.userID
        try await main.transaction { database in
            try await JobRepository(database).end(
                run.claim, as: state, steps: steps.map(\.rawValue), error: reason, date: date)
            try await ConfigRepository(database).delete(userID, uuid: config.uuid)
            if run.job.kind == .register { try await UserRepository(database).delete(userID) }
            try await ChangeLog(database).append(userID, date: date)
        }
    }

    /// Removes what was made. An attached database that is unreachable had nothing made in it, except perhaps a
    /// stamp, which its operator can remove; no user waits for that.
    private func takeBack(_ config: UserDatabaseConfig) async throws {
        do {
            try await dropIfOwn(config)
        } catch  where config.isAttached {
            logger.warning(
                "a database that was not attached may keep an identity stamp",
                metadata: ["user": "\(config.userID)", "error": "\(error)"])
        }
    }

    /// Removes what was made for this config, and nothing else.
    func dropIfOwn(_ config: UserDatabaseConfig) async throws {
        let engine = try engines.engine(config.engine)
        var location = try await provisioningLocation(of: config)
        // The login is removed too; if its password was shredded, its name is enough.
        if location.login == nil { location.login = config.login.map { Login(name: $0, password: .randomPassword()) } }
        do {
            try await health.watch(location) { try await dropIfOwn(config, at: location, engine: engine) }
        } catch let error as TenancyError where engine.capabilities.isEmbedded {
            // An unreadable database cannot be recognized as ours, and is left to the operator: the doctor reports
            // it.
            logger.warning(
                "a database that could not be read was left in place",
                metadata: ["user": "\(config.userID)", "error": "\(error)"])
        }
    }

    private func dropIfOwn(
        _ config: UserDatabaseConfig, at location: DatabaseLocation, engine: any DatabaseEngine
    ) async throws {
        do {
            switch try await holder(of: location, config, engine: engine) {
            case .nobody where !config.isAttached: try await engine.dropDatabase(at: location)
            case .thisConfig where !config.isAttached:
                // The stamp is written last, so the login was made, or found to be this database's own, before.
                var proven = location
                proven.isLoginProven = true
                try await engine.dropDatabase(at: proven)
            case .thisConfig: try await removeStamp(of: config, at: location, engine: engine)
            case .nobody, .another: break
            }
        } catch let error as TenancyError where error.code == .databaseMissing {
            // Its login may exist nevertheless.
            if !config.isAttached { try await engine.dropDatabase(at: location) }
        }
    }

    enum Holder { case nobody, thisConfig, another }

    func holder(
        of location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws -> Holder {
        if try await engine.databaseContent(of: location, schema: schema) != .occupied { return .nobody }
        let stamp = try await engine.withConnection(to: location, as: .maintenance) { connection in
            do {
                return try await DatabaseIdentity.read(from: connection, dialect: engine.dialect)
            } catch let error as TenancyError where error.code == .tableMissing {
                return nil
            }
        }
        return stamp?.uuid == config.uuid ? .thisConfig : .another
    }

    private func removeStamp(
        of config: UserDatabaseConfig, at location: DatabaseLocation, engine: any DatabaseEngine
    ) async throws {
        try await engine.withConnection(to: location, as: .maintenance) { connection in
            let table = engine.dialect.quote(DatabaseIdentity.table.name)
            let sql = "DELETE FROM \(table) WHERE Database_UUID = ?"
            _ = try await connection.execute(
                SQLStatement(sql, [.text(config.uuid.text)]), limits: StatementLimits())
        }
    }
}
