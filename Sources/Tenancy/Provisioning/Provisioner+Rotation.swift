/// Giving a user's login a new password.
///
/// The new password is written down before the server learns it, so that no crash locks the user out: whoever finds the
/// old one refused tries the next one.
extension Provisioner {
    /// Begins, or finds the rotation that was begun.
    func rotatePassword(of userID: UserID) async throws {
        let date = main.time.wallNow
        let config = try await main.transaction { database in
            try await UserRepository(database).lock(userID)
            let configs = ConfigRepository(database)
            guard let config = try await configs.find(userID) else {
                throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
            }
            guard config.login != nil, config.state == .active || config.state == .suspended else {
                throw TenancyError(
                    .invalidConfiguration, "The database of user \(userID) has no login whose password could change.",
                    userID: userID, engine: config.engine)
            }
            guard config.sealedNextPassword == nil else { return config }
            let sealed = try placement.keyRing.seal(.randomPassword(), in: config.passwordPlace)
            try await configs.setNextPassword(sealed, of: userID, date: date)
            _ = try await JobRepository(database).insert(.rotatePassword, userID: userID, date: date)
            try await ChangeLog(database).append(userID, date: date)
            return try await configs.find(userID) ?? config
        }
        try await faults.reached(FaultPoints.after(RotationStep.reserve))
        try await finishRotation(of: config)
    }

    /// Takes a rotation that was begun through its remaining steps.
    func finishRotation(of config: UserDatabaseConfig) async throws {
        guard let next = config.sealedNextPassword else { return try await endJobs(of: config.userID, as: .done) }
        let engine = try engines.engine(config.engine)
        let place = config.passwordPlace
        let password = try placement.keyRing.open(next, in: place)
        try await set(password, of: config, next: next, engine: engine)
        try await faults.reached(FaultPoints.after(RotationStep.set))
        try await verify(config, password: next)
        try await faults.reached(FaultPoints.after(RotationStep.verify))
        try await adopt(try placement.keyRing.seal(password, in: place), of: config)
        try await faults.reached(FaultPoints.after(RotationStep.adopt))
    }

    private func set(
        _ password: Secret<String>, of config: UserDatabaseConfig, next: SealedSecret, engine: any DatabaseEngine
    ) async throws {
        let location = try await provisioningLocation(of: config)
        do {
            try await health.watch(location) { try await engine.setPassword(password, at: location) }
        } catch let error as TenancyError where error.code == .loginRefused && config.serverID == nil {
            // A login that changes its own password may have done so before the process was stopped.
            try await engine.setPassword(password, at: try self.location(of: config, password: next))
        }
    }

    private func adopt(_ sealed: SealedSecret, of config: UserDatabaseConfig) async throws {
        let date = main.time.wallNow
        let userID = config.userID
        try await main.transaction { database in
            let adopted = try await ConfigRepository(database).adoptNextPassword(sealed, of: userID, date: date)
            if let job = try await JobRepository(database).running(for: userID), job.kind == .rotatePassword {
                try await JobRepository(database).end(
                    job.id, as: .done, steps: RotationStep.allCases.map(\.rawValue), error: nil, date: date)
            }
            guard adopted else { return }
            try await ChangeLog(database).append(userID, date: date)
            try await AuditLog(database).append(
                "database.rotate_password", actor: nil, userID: userID, date: date)
        }
    }
}
