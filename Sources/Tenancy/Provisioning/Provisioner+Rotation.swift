/// Changing the password of a user's login.
///
/// The new password is stored before the server learns it, so that no crash locks the user out: if the old one is
/// refused, the next one is tried.
extension Provisioner {
    /// Begins a rotation, or takes one over that was begun.
    func reserveRotation(of userID: UserID, actor: UserID?) async throws -> (config: UserDatabaseConfig, run: JobRun) {
        try await main.transaction { database in
            try await UserRepository(database).lock(userID)
            let config = try await requireLogin(userID, in: database)
            let request = JobRequest(.rotatePassword, userID: userID, lane: config.server, actor: actor)
            guard config.sealedNextPassword == nil else {
                return (config, try await takeOver(request, kinds: [.rotatePassword], in: database))
            }
            let run = try await begin(request, RotationStep.self, in: database)
            return (try await choosePassword(for: config, in: database), run)
        }
    }

    /// Begins a rotation for a job that is tried again.
    func reserveRotation(_ run: JobRun, of userID: UserID) async throws -> UserDatabaseConfig {
        try await run.transaction { database in
            try await UserRepository(database).lock(userID)
            let config = try await requireLogin(userID, in: database)
            guard config.sealedNextPassword == nil else { return config }
            return try await choosePassword(for: config, in: database)
        }
    }

    private func requireLogin(_ userID: UserID, in database: DatabaseHandle) async throws -> UserDatabaseConfig {
        guard let config = try await ConfigRepository(database).find(userID) else {
            throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
        }
        guard config.login != nil, config.state == .active || config.state == .suspended else {
            throw TenancyError(
                .invalidConfiguration, "The database of user \(userID) has no login whose password could change.",
                userID: userID, engine: config.engine)
        }
        return config
    }

    private func choosePassword(
        for config: UserDatabaseConfig, in database: DatabaseHandle
    ) async throws -> UserDatabaseConfig {
        let date = main.time.wallNow
        let sealed = try placement.keyRing.seal(.randomPassword(), in: config.passwordPlace)
        try await ConfigRepository(database).setNextPassword(sealed, of: config.userID, date: date)
        try await ChangeLog(database).append(config.userID, date: date)
        return try await ConfigRepository(database).find(config.userID) ?? config
    }

    /// Completes a rotation that was begun.
    func finishRotation(of config: UserDatabaseConfig, _ run: JobRun) async throws {
        let userID = config.userID
        guard let next = config.sealedNextPassword else { return try await end(run, as: .done) }
        let password = try placement.keyRing.open(next, in: config.passwordPlace)
        // Read again: another process may have completed this rotation, and begun the next one, in the meantime.
        guard try await isNext(password, of: userID) else { return try await end(run, as: .done) }
        try run.checkStop()
        // An interrupted run may have set it already.
        try await set(password, of: config, orSigningInWith: password)
        try await record(RotationStep.set.rawValue, run)
        try await faults.reached(FaultPoints.after(RotationStep.set))
        do {
            try await verify(config, password: next)
        } catch let error as TenancyError where error.code == .loginRefused {
            // Another process may have set another password since.
            guard try await isNext(password, of: userID) else { throw try await superseded(password, of: config) }
            throw error
        }
        try await record(RotationStep.verify.rawValue, run)
        try await faults.reached(FaultPoints.after(RotationStep.verify))
        try await adopt(password, of: config, run)
        try await faults.reached(FaultPoints.after(RotationStep.adopt))
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

    private func adopt(_ password: Secret<String>, of config: UserDatabaseConfig, _ run: JobRun) async throws {
        switch try await tryToAdopt(password, of: config.userID, run) {
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

    private func tryToAdopt(
        _ password: Secret<String>, of userID: UserID, _ run: JobRun
    ) async throws -> Adoption {
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
            // Where another process has the job, that one ends it: it finds nothing left to do.
            try await JobRepository(database).endIfHeld(
                run.claim, as: .done, steps: RotationStep.allCases.map(\.rawValue), date: date)
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
}
