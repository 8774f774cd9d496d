internal import Logging

/// Makes user databases, as jobs with repeatable steps.
///
/// The main database is written twice for each: when the config is reserved and when it is activated. A process that
/// stops in between leaves a running job, which ``MakeDatabase`` completes. A process that was taken for dead may still be
/// at work beside the one that has the job now: it can write nothing to the job, the engine makes the database at most
/// once, and only one of them activates it.
struct Provisioner: Sendable {
    let main: MainDatabase
    let engines: EngineRegistry
    let schema: Schema
    let files: UserDatabaseFiles
    let tombstones: TombstoneFile
    let placement: Placement
    let servers: ServerDirectory
    let health: ServerHealth
    let faults: FaultPoints
    let runner: JobRunner
    /// Removes an application's own rows about a user from the main database.
    let beforeDeletingUser: @Sendable (DatabaseHandle, UserID) async throws -> Void
    let logger: Logger

    /// Reserves a config and a job for a user, or finds the existing config; one that is half made is taken over.
    /// - Parameters:
    ///   - actor: the administrator who asked for it.
    ///   - database: the main database, in the caller's transaction.
    func reserve(
        _ userID: UserID, _ request: ProvisioningRequest, kind: JobKind, actor: UserID? = nil,
        in database: DatabaseHandle
    ) async throws -> Reservation {
        // Serializes concurrent reservations of two processes.
        try await UserRepository(database).lock(userID)
        if let existing = try await ConfigRepository(database).find(userID) {
            guard existing.state == .provisioning || existing.state == .removing else {
                return Reservation(config: existing, isUntouched: false, run: nil)
            }
            let run = try await takeOver(
                JobRequest(.provision, userID: userID, lane: existing.server, actor: actor),
                kinds: [.provision, .register], in: database)
            return Reservation(config: existing, isUntouched: false, run: run)
        }
        let config = try await insertConfig(userID, request, in: database)
        let run = try await begin(
            JobRequest(kind, userID: userID, lane: config.server, actor: actor), ProvisioningStep.self,
            in: database)
        // A database from stock exists already, and its login has the same name.
        let isUntouched = config.name == nil || config.login != config.name
        return Reservation(config: config, isUntouched: isUntouched, run: run)
    }

    /// Chooses where a user's database will be.
    func insertConfig(
        _ userID: UserID, _ request: ProvisioningRequest, in database: DatabaseHandle
    ) async throws -> UserDatabaseConfig {
        let config = try await placement.makeConfig(for: userID, request, in: database, date: main.time.wallNow)
        let fingerprint = schema.fingerprint(in: try engines.engine(config.engine).dialect)
        try await ConfigRepository(database).insert(config, fingerprint: fingerprint)
        return config
    }

    /// Turns the config of a lost database back into a reserved one, for a new database with the same name.
    func reserveAgain(
        _ userID: UserID, actor: UserID?, in database: DatabaseHandle
    ) async throws -> (config: UserDatabaseConfig, run: JobRun) {
        let configs = ConfigRepository(database)
        guard let lost = try await configs.find(userID) else {
            throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
        }
        let date = main.time.wallNow
        try await configs.renew(userID, uuid: .random(), schemaVersion: schema.version, date: date)
        let run = try await begin(
            JobRequest(.provision, userID: userID, lane: lost.server, actor: actor), ProvisioningStep.self,
            in: database)
        return (try await configs.find(userID) ?? lost, run)
    }

    /// Completes a reserved config.
    ///
    /// - Parameters:
    ///   - run: the job that does it.
    ///   - isUntouched: whether nobody can have begun to make the database before.
    ///   - inTransaction: runs in the transaction that activates the config.
    /// - Throws: ``JobStop`` if it is to go on later; ``TenancyError`` `provisioningFailed`, after undoing the steps.
    func complete(
        _ config: UserDatabaseConfig, _ run: JobRun, isUntouched: Bool = false,
        inTransaction: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws {
        var steps: [ProvisioningStep] = [.reserve]
        do {
            try await faults.reached(FaultPoints.after(ProvisioningStep.reserve))
            let threads = try engines.engine(config.engine).threads
            try await withTaskExecutorPreference(threads) {
                try await make(config)
                steps.append(.make)
                try await record(.make, of: config, run)
                try await faults.reached(FaultPoints.after(ProvisioningStep.make))
                try await verifyMade(config)
                steps.append(.verify)
                try await record(.verify, of: config, run)
                try await faults.reached(FaultPoints.after(ProvisioningStep.verify))
            }
            steps.append(.activate)
            try await activate(config, run, steps: steps, inTransaction: inTransaction)
            try await faults.reached(FaultPoints.after(ProvisioningStep.activate))
        } catch let stop as JobStop {
            throw stop
        } catch {
            logger.error("provisioning failed", metadata: ["user": "\(config.userID)", "error": "\(error)"])
            let isUntouched =
                isUntouched && steps == [.reserve] && (error as? TenancyError)?.isBeforeAnyEffect == true
            throw await failure(of: config, run, isUntouched: isUntouched, steps: steps, because: error)
        }
    }

    private func failure(
        of config: UserDatabaseConfig, _ run: JobRun, isUntouched: Bool, steps: [ProvisioningStep],
        because error: any Error
    ) async -> TenancyError {
        var message =
            config.isAttached
            ? "The database was not attached, and nothing was kept: the user is as before."
            : (error as? TenancyError).flatMap { $0.code == .wrongDatabase ? $0.message : nil }
                ?? "The user's database could not be made; nothing was left behind. Try again."
        do {
            try await undo(config, run, isUntouched: isUntouched, steps: steps, because: error)
        } catch {
            logger.error(
                "provisioning could not be undone yet", metadata: ["user": "\(config.userID)", "error": "\(error)"])
            message =
                (error as? TenancyError)?.code == .jobTakenOver
                ? "Another process makes the user's database now. Look again in a moment."
                : "The user's database could not be made; what was begun is undone as soon as that can be. Try later."
        }
        return TenancyError(
            .provisioningFailed, message, cause: error, userID: config.userID, engine: config.engine)
    }

    /// Whether the user is being permanently removed.
    func isPurging(_ userID: UserID) async throws -> Bool {
        try await main.withDatabase(.read) { try await JobRepository($0).isPurging(userID) }
    }

    /// Records that a step has ended. The steps of a file are recorded together with its activation, which costs no
    /// extra write: a file is made faster than anyone could look at its job.
    private func record(_ step: ProvisioningStep, of config: UserDatabaseConfig, _ run: JobRun) async throws {
        guard config.path == nil else { return }
        try await record(step.rawValue, run)
        try run.checkStop()
    }

    // MARK: Steps

    private func make(_ config: UserDatabaseConfig) async throws {
        let engine = try engines.engine(config.engine)
        let identity = DatabaseIdentity(
            userID: config.userID, uuid: config.uuid, schemaVersion: schema.version,
            fingerprint: schema.fingerprint(in: engine.dialect))
        let location = try await provisioningLocation(of: config)
        try await health.watch(location) {
            if config.isAttached { try await requireFree(location, config, engine: engine) }
            try await engine.makeDatabase(at: location, schema: schema, identity: identity)
        }
    }

    /// Checks an attached database before changing it, so that the error is specific. A missing database is not made.
    private func requireFree(
        _ location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws {
        guard try await holder(of: location, config, engine: engine) == .another else { return }
        throw TenancyError(
            .wrongDatabase,
            "The database \(config.displayName) is not empty: it holds tables that are not this user's. Attach an empty "
                + "one.", userID: config.userID, engine: config.engine)
    }

    /// As ``verify(_:password:)``, with a specific error for an existing database that the engine left unchanged.
    private func verifyMade(_ config: UserDatabaseConfig) async throws {
        do {
            try await verify(config)
        } catch {
            let engine = try engines.engine(config.engine)
            // If the database cannot be inspected, the first error stands.
            guard config.path == nil, let location = try? await provisioningLocation(of: config),
                (try? await holder(of: location, config, engine: engine)) == .another
            else { throw error }
            throw TenancyError(
                .wrongDatabase,
                "A database \(config.displayName) is on the server already, and is not this user's; it was left as it is. "
                    + "Rename it there, or give the installation another UNIFY_DATABASE_PREFIX.",
                cause: error, userID: config.userID, engine: config.engine)
        }
    }

    func verify(_ config: UserDatabaseConfig, password: SealedSecret? = nil) async throws {
        let engine = try engines.engine(config.engine)
        let location = try location(of: config, password: password)
        let answer = try await health.watch(location) {
            try await Self.telling(config) {
                try await engine.queryOnce(DatabaseIdentity.query(in: engine.dialect), at: location)
            }
        }
        try Self.verify(try DatabaseIdentity.stamp(in: answer), of: config, schema: schema)
    }

    private func activate(
        _ config: UserDatabaseConfig, _ run: JobRun, steps: [ProvisioningStep],
        inTransaction: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws {
        let date = main.time.wallNow
        let userID = config.userID
        try await main.transaction { database in
            // A user who is suspended stays suspended.
            let isActive = try await UserRepository(database).find(userID)?.isActive == true
            let target = isActive ? DatabaseState.active : .suspended
            let isFirst = try await ConfigRepository(database).move(userID, from: .provisioning, to: target, date: date)
            if !isFirst {
                let state = try await ConfigRepository(database).find(userID)?.state
                guard state == .active || state == .suspended else {
                    throw TenancyError(.provisioningFailed, "Another process undid this work.", userID: userID)
                }
            }
            // Where another process has the job, that one ends it: it finds the config active.
            try await JobRepository(database).endIfHeld(
                run.claim, as: .done, steps: steps.map(\.rawValue), date: date)
            if isFirst { try await ChangeLog(database).append(userID, date: date) }
            try await inTransaction(database)
        }
    }
}

/// Runs the body in its own task, which the caller's cancellation does not reach, and waits for it.
/// - Parameter executor: the preferred executor; nil for Swift's pool.
func withoutCancellation<Result: Sendable>(
    preferring executor: (any TaskExecutor)? = nil, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Task(executorPreference: executor) { try await body() }.value
}
