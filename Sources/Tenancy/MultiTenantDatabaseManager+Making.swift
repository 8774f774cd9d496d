/// Making users' databases.
extension MultiTenantDatabaseManager {
    /// Makes a user's database; changes nothing if there is one.
    ///
    /// Repeatable. A concurrent second call waits and finds the first call's database.
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Throws: ``TenancyError`` `userNotFound`, `invalidConfiguration`, `engineUnavailable`, `databaseNotReady`,
    ///   `provisioningFailed`.
    public func initializeUserDatabase(
        _ userID: UserID, _ request: ProvisioningRequest = .standard, actor: UserID? = nil
    ) async throws -> (config: UserDatabaseConfig, isNew: Bool) {
        let date = main.time.wallNow
        return try await locks.withLock(userID) { [self] in
            var reserved = try await reserve(userID, request, actor: actor)
            if reserved.config.state == .removing, let run = reserved.run {
                // An earlier attempt was not completely undone.
                try await finishUndo(reserved.config, run)
                _ = configs.invalidate(userID)
                reserved = try await reserve(userID, request, actor: actor)
            }
            let place = reserved.config.placeForAudit
            return try await finish(reserved) { database in
                try await AuditLog(database).append(
                    "database.initialize", actor: actor, userID: userID, detail: place, date: date)
            }
        }
    }

    private func finishUndo(_ config: UserDatabaseConfig, _ run: JobRun) async throws {
        try await jobs.runner.carryOut(run, MakeDatabase(kind: run.job.kind, provisioner: provisioner)) { [self] in
            try await provisioner.finishUndo(config, run, steps: [], because: "ended by the next attempt")
        }
    }

    private func reserve(
        _ userID: UserID, _ request: ProvisioningRequest, actor: UserID?
    ) async throws -> Reservation {
        try await main.transaction { database in
            guard try await UserRepository(database).find(userID) != nil else {
                throw TenancyError(.userNotFound, "There is no user \(userID).", userID: userID)
            }
            guard try await !JobRepository(database).isPurging(userID) else {
                throw TenancyError(.userNotFound, "User \(userID) is being removed for good.", userID: userID)
            }
            return try await provisioner.reserve(userID, request, kind: .provision, actor: actor, in: database)
        }
    }

    /// Adds a user together with their database: both exist when this returns, neither when it throws.
    ///
    /// - Parameters:
    ///   - addUser: inserts the row of `Users`; runs in the transaction that reserves the database.
    ///   - inTransaction: runs in the transaction that makes the user exist.
    public func registerUser(
        _ request: ProvisioningRequest = .standard,
        addUser: @Sendable (DatabaseHandle) async throws -> UserAccount,
        inTransaction: @escaping @Sendable (DatabaseHandle, UserAccount) async throws -> Void = { _, _ in }
    ) async throws -> (user: UserAccount, config: UserDatabaseConfig) {
        // All work on the main database stays on one thread: switching threads would cost more than most of that
        // work.
        try await withTaskExecutorPreference(main.thread) {
            let (user, reserved) = try await main.transaction { database in
                let user = try await addUser(database)
                return (user, try await provisioner.reserve(user.id, request, kind: .register, in: database))
            }
            let config = try await locks.withLock(user.id) { [self] in
                try await finish(reserved) { try await inTransaction($0, user) }.config
            }
            return (user, config)
        }
    }

    private func finish(
        _ reservation: Reservation,
        inTransaction: @escaping @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws -> (config: UserDatabaseConfig, isNew: Bool) {
        let reserved = reservation.config
        switch reserved.state {
        case .active, .suspended: return (reserved, false)
        case .removing:
            throw TenancyError(
                .databaseNotReady, "An earlier attempt is being undone. Try again in a moment.", userID: reserved.userID
            )
        case .provisioning: break
        }
        guard let run = reservation.run else {
            throw TenancyError(.internalFailure, "A database is half made without a job.", userID: reserved.userID)
        }
        let started = main.time.monotonicNow
        do {
            // A cancelled caller must not leave the work half done.
            try await withoutCancellation(preferring: main.thread) { [self] in
                // A file is made long before its lease runs out.
                try await jobs.runner.carryOut(
                    run, MakeDatabase(kind: run.job.kind, provisioner: provisioner), isWatched: run.job.lane != nil
                ) { [self] in
                    try await provisioner.complete(
                        reserved, run, isUntouched: reservation.isUntouched, inTransaction: inTransaction)
                }
            }
            metrics.provisioned(reserved.engine, in: main.time.monotonicNow - started)
        } catch {
            metrics.provisioningFailed(reserved.engine)
            _ = configs.invalidate(reserved.userID)
            throw error is JobStop ? Self.stopped(run, reserved) : error
        }
        _ = configs.invalidate(reserved.userID)
        guard let config = try await loadUserDatabaseConfig(reserved.userID) else {
            throw TenancyError(.internalFailure, "The config is gone.", userID: reserved.userID)
        }
        return (config, true)
    }

    private static func stopped(_ run: JobRun, _ config: UserDatabaseConfig) -> TenancyError {
        TenancyError(
            .databaseNotReady,
            "The job that makes the user's database was stopped. Look at it: unify job show \(run.claim.id)",
            userID: config.userID, engine: config.engine)
    }
}
