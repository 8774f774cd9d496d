/// Changing the password of a user's login.
///
/// The new password is stored before the server learns it, so that no crash locks the user out: if the old one is
/// refused, the next one is tried.
extension Provisioner {
    /// Begins a rotation, or continues one that was begun.
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
            let job = try await JobRepository(database).insert(.rotatePassword, userID: userID, date: date)
            try await JobRepository(database).insert(RotationStep.reserve.rawValue, of: job, date: date)
            try await ChangeLog(database).append(userID, date: date)
            return try await configs.find(userID) ?? config
        }
        try await faults.reached(FaultPoints.after(RotationStep.reserve))
        try await finishRotation(of: config)
    }

    /// Completes a rotation that was begun.
    /// - Parameter job: the job to complete; nil for the user's running one.
    func finishRotation(of config: UserDatabaseConfig, job: Int64? = nil) async throws {
        let userID = config.userID
        guard let next = config.sealedNextPassword else { return try await endRotation(of: userID, job) }
        let password = try placement.keyRing.open(next, in: config.passwordPlace)
        try await notingFailure(of: userID, in: [.rotatePassword]) {
            // Read again: another process may have completed this rotation, and begun the next one, in the meantime.
            guard try await isNext(password, of: userID) else { return try await endRotation(of: userID, job) }
            // An interrupted run may have set it already.
            try await set(password, of: config, orSigningInWith: password)
            try await record(RotationStep.set.rawValue, of: userID, in: [.rotatePassword])
            try await faults.reached(FaultPoints.after(RotationStep.set))
            do {
                try await verify(config, password: next)
            } catch let error as TenancyError where error.code == .loginRefused {
                // Another process may have set another password since.
                guard try await isNext(password, of: userID) else { throw try await superseded(password, of: config) }
                throw error
            }
            try await record(RotationStep.verify.rawValue, of: userID, in: [.rotatePassword])
            try await faults.reached(FaultPoints.after(RotationStep.verify))
            try await adopt(password, of: config)
            try await faults.reached(FaultPoints.after(RotationStep.adopt))
        }
    }

    /// Gives the login this password.
    /// - Parameter other: a password that the login may have by now, if it changes its own and the config's is refused.
    private func set(
        _ password: Secret<String>, of config: UserDatabaseConfig, orSigningInWith other: Secret<String>
    ) async throws {
        let engine = try engines.engine(config.engine)
        var location = try await provisioningLocation(of: config)
        do {
            try await health.watch(location) { try await engine.setPassword(password, at: location) }
        } catch let error as TenancyError where error.code == .loginRefused && config.serverID == nil {
            location.login = config.login.map { Login(name: $0, password: other) }
            try await health.watch(location) { try await engine.setPassword(password, at: location) }
        }
    }

    private func isNext(_ password: Secret<String>, of userID: UserID) async throws -> Bool {
        let config = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
        return try config.map { try holds($0.sealedNextPassword, password, $0) } ?? false
    }

    private func holds(
        _ sealed: SealedSecret?, _ password: Secret<String>, _ config: UserDatabaseConfig
    ) throws -> Bool {
        guard let sealed else { return false }
        return try placement.keyRing.open(sealed, in: config.passwordPlace).unsafeReveal() == password.unsafeReveal()
    }

    private enum Adoption {
        case done
        /// Another process has completed this rotation, and another password is current.
        case superseded
        /// The database is no longer the user's, such as after a purge.
        case gone
    }

    private func adopt(_ password: Secret<String>, of config: UserDatabaseConfig) async throws {
        switch try await tryToAdopt(password, of: config.userID) {
        case .done: return
        case .gone:
            throw TenancyError(
                .userDatabaseNotFound, "The user's database was removed while its password was changed.",
                userID: config.userID, engine: config.engine)
        case .superseded: throw try await superseded(password, of: config)
        }
    }

    /// The error of a rotation during which another process has made another password the current one. The server may have
    /// been given this one after that, so it gets the current one again.
    private func superseded(_ password: Secret<String>, of config: UserDatabaseConfig) async throws -> TenancyError {
        try await restorePassword(of: config, after: password)
        return TenancyError(
            .staleLease,
            "Another rotation of this user's password came in between, and its password is the one that counts.",
            userID: config.userID, engine: config.engine)
    }

    private func tryToAdopt(_ password: Secret<String>, of userID: UserID) async throws -> Adoption {
        let date = main.time.wallNow
        return try await main.transaction { database in
            try await UserRepository(database).lock(userID)
            let configs = ConfigRepository(database)
            guard let current = try await configs.find(userID) else { return .gone }
            guard let next = current.sealedNextPassword, try holds(next, password, current) else {
                return try holds(current.sealedPassword, password, current) ? .done : .superseded
            }
            let sealed = try placement.keyRing.seal(password, in: current.passwordPlace)
            guard try await configs.adoptNextPassword(sealed, replacing: next, of: userID, date: date) else {
                return .superseded
            }
            if let job = try await JobRepository(database).running(for: userID, kind: .rotatePassword) {
                try await JobRepository(database).end(
                    job.id, as: .done, steps: RotationStep.allCases.map(\.rawValue), error: nil, date: date)
            }
            try await ChangeLog(database).append(userID, date: date)
            try await AuditLog(database).append(
                "database.rotate_password", actor: nil, userID: userID, date: date)
            return .done
        }
    }

    /// Sets the config's password again, after the server had this one. Asks again after each time: if the config's password
    /// has changed since, the server may have been given the newer one first.
    private func restorePassword(of config: UserDatabaseConfig, after password: Secret<String>) async throws {
        var last = password
        for _ in 1...Self.maxRestorations {
            guard
                let current = try await main.withDatabase(
                    .read, { try await ConfigRepository($0).find(config.userID) }),
                let sealed = current.sealedNextPassword ?? current.sealedPassword
            else { return }
            let truth = try placement.keyRing.open(sealed, in: current.passwordPlace)
            guard truth.unsafeReveal() != last.unsafeReveal() else { return }
            try await set(truth, of: current, orSigningInWith: last)
            last = truth
        }
    }

    private static let maxRestorations = 20

    /// Nothing is left to rotate: marks the job as done.
    private func endRotation(of userID: UserID, _ id: Int64?) async throws {
        let date = main.time.wallNow
        try await main.transaction { database in
            let jobs = JobRepository(database)
            let running = id == nil ? try await jobs.running(for: userID, kind: .rotatePassword)?.id : nil
            guard let id = id ?? running else { return }
            try await jobs.end(id, as: .done, steps: [], error: nil, date: date)
        }
    }
}
