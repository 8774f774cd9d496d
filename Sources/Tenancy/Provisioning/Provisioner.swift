internal import Logging

/// Makes user databases, as jobs whose steps can be repeated.
///
/// The main database is written twice for each: when the config is reserved and when it is activated. Between the two,
/// whatever stops the process leaves a running job, which ``resume(_:)`` brings to its end. Two processes may work on
/// one job at once: the engine makes a database at most once, and only one of them activates it.
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
    /// Removes an application's own rows about a user from the main database.
    let erase: @Sendable (DatabaseHandle, UserID) async throws -> Void
    let logger: Logger

    /// Reserves a config and a job for a user, or finds the config that is there.
    /// - Parameter database: the main database, in the caller's transaction.
    func reserve(
        _ userID: UserID, _ request: ProvisioningRequest, kind: JobRepository.Kind, in database: DatabaseHandle
    ) async throws -> Reservation {
        let configs = ConfigRepository(database)
        // Two processes at once reserve one after the other.
        try await UserRepository(database).lock(userID)
        if let existing = try await configs.find(userID) { return Reservation(config: existing, isUntouched: false) }
        let date = main.time.wallNow
        let config = try await placement.makeConfig(for: userID, request, in: database, date: date)
        let fingerprint = schema.fingerprint(in: try engines.engine(config.engine).dialect)
        try await configs.insert(config, fingerprint: fingerprint)
        _ = try await JobRepository(database).insert(kind, userID: userID, date: date)
        // A database from stock is there already; its login is called as it is.
        return Reservation(config: config, isUntouched: config.name == nil || config.login != config.name)
    }

    /// Turns the config of a lost database back into a reserved one, for a new database under the same name.
    func reserveAgain(_ userID: UserID, in database: DatabaseHandle) async throws -> UserDatabaseConfig {
        let configs = ConfigRepository(database)
        guard let lost = try await configs.find(userID) else {
            throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
        }
        let date = main.time.wallNow
        try await configs.renew(userID, uuid: .random(), schemaVersion: schema.version, date: date)
        _ = try await JobRepository(database).insert(.provision, userID: userID, date: date)
        return try await configs.find(userID) ?? lost
    }

    /// Takes a reserved config through the remaining steps.
    ///
    /// - Parameters:
    ///   - isUntouched: whether nobody can have begun to make the database before.
    ///   - alongside: what else is to be committed together with the activation.
    /// - Throws: ``TenancyError`` `provisioningFailed`, after undoing what was done.
    func complete(
        _ config: UserDatabaseConfig, isUntouched: Bool = false,
        alongside: @Sendable (DatabaseHandle) async throws -> Void = { _ in }
    ) async throws {
        var steps: [ProvisioningStep] = [.reserve]
        do {
            try await faults.reached(FaultPoints.after(ProvisioningStep.reserve))
            let threads = try engines.engine(config.engine).threads
            try await withTaskExecutorPreference(threads) {
                try await make(config)
                steps.append(.make)
                try await faults.reached(FaultPoints.after(ProvisioningStep.make))
                try await verify(config)
                steps.append(.verify)
                try await faults.reached(FaultPoints.after(ProvisioningStep.verify))
            }
            steps.append(.activate)
            try await activate(config, steps: steps, alongside: alongside)
            try await faults.reached(FaultPoints.after(ProvisioningStep.activate))
        } catch {
            logger.error("provisioning failed", metadata: ["user": "\(config.userID)", "error": "\(error)"])
            let isUntouched = isUntouched && (error as? TenancyError)?.isBeforeAnyEffect == true
            throw await failure(of: config, isUntouched: isUntouched, steps: steps, because: error)
        }
    }

    private func failure(
        of config: UserDatabaseConfig, isUntouched: Bool, steps: [ProvisioningStep], because error: any Error
    ) async -> TenancyError {
        var message =
            config.isAttached
            ? "The database was not attached, and nothing was kept: the user is as before."
            : "The user's database could not be made; nothing was left behind. Try again."
        do {
            try await undo(config, isUntouched: isUntouched, steps: steps, because: error)
        } catch {
            logger.error(
                "provisioning could not be undone yet", metadata: ["user": "\(config.userID)", "error": "\(error)"])
            message =
                "The user's database could not be made; what was begun is undone as soon as that can be. Try later."
        }
        return TenancyError(
            .provisioningFailed, message, cause: error, userID: config.userID, engine: config.engine)
    }

    /// Brings a job that an ended process left behind to its end: completes it, or undoes it.
    func resume(_ job: JobRepository.Job) async throws {
        guard let userID = job.userID else { return }
        let config = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
        if job.kind == .rotatePassword {
            guard let config else { return try await endJobs(of: userID, as: .failed) }
            return try await finishRotation(of: config)
        }
        if job.kind == .purge { return try await finishPurge(of: userID) }
        switch config?.state {
        case .provisioning: if let config { try await complete(config) }
        case .removing: if let config { try await finishUndo(config, steps: [], because: "resumed") }
        case .active, .suspended: try await endJobs(of: userID, as: .done)
        case nil: try await endJobs(of: userID, as: .failed)
        }
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

    /// An attached database is looked at before it is touched, so that the error says what is wrong; one that is not
    /// there is not made.
    private func requireFree(
        _ location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws {
        guard try await holder(of: location, config, engine: engine) == .another else { return }
        throw TenancyError(
            .wrongDatabase,
            "The database \(config.displayName) is not empty: it holds tables that are not this user's. Attach an empty "
                + "one.", userID: config.userID, engine: config.engine)
    }

    func verify(_ config: UserDatabaseConfig, password: SealedSecret? = nil) async throws {
        let engine = try engines.engine(config.engine)
        let location = try location(of: config, password: password)
        let answer = try await Self.telling(config) {
            try await engine.answer(to: DatabaseIdentity.question(in: engine.dialect), at: location)
        }
        try Self.verify(try DatabaseIdentity.stamp(in: answer), of: config, schema: schema)
    }

    private func activate(
        _ config: UserDatabaseConfig, steps: [ProvisioningStep],
        alongside: @Sendable (DatabaseHandle) async throws -> Void
    ) async throws {
        let date = main.time.wallNow
        let userID = config.userID
        try await main.transaction { database in
            // A user who was suspended meanwhile, or before, stays so.
            let isActive = try await UserRepository(database).find(userID)?.isActive == true
            let target = isActive ? DatabaseState.active : .suspended
            guard try await ConfigRepository(database).move(userID, from: .provisioning, to: target, date: date) else {
                let state = try await ConfigRepository(database).find(userID)?.state
                guard state == .active || state == .suspended else {
                    throw TenancyError(.provisioningFailed, "Another process undid this work.", userID: userID)
                }
                return try await alongside(database)
            }
            if let job = try await JobRepository(database).running(for: userID) {
                try await JobRepository(database).end(
                    job.id, as: .done, steps: steps.map(\.rawValue), error: nil, date: date)
            }
            try await ChangeLog(database).append(userID, date: date)
            try await alongside(database)
        }
    }

    // MARK: Undoing

    private func undo(
        _ config: UserDatabaseConfig, isUntouched: Bool, steps: [ProvisioningStep], because error: any Error
    ) async throws {
        let date = main.time.wallNow
        let userID = config.userID
        // Detached from the caller's cancellation: work that was begun is undone to the end.
        try await withoutCancellation { [self] in
            let claimed = try await main.transaction { database in
                try await ConfigRepository(database).move(userID, from: .provisioning, to: .removing, date: date)
            }
            let isGone = try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) } == nil
            guard claimed || isGone else { return }
            try await finishUndo(config, isUntouched: isUntouched, steps: steps, because: "\(error)")
        }
    }

    /// - Parameter isUntouched: whether nothing was made, so that no server is asked.
    func finishUndo(
        _ config: UserDatabaseConfig, isUntouched: Bool = false, steps: [ProvisioningStep], because reason: String
    ) async throws {
        if !isUntouched { try await takeBack(config) }
        let date = main.time.wallNow
        let userID = config.userID
        try await main.transaction { database in
            let jobs = JobRepository(database)
            let job = try await jobs.running(for: userID)
            try await ConfigRepository(database).delete(userID, uuid: config.uuid)
            if let job {
                try await jobs.end(job.id, as: .failed, steps: steps.map(\.rawValue), error: reason, date: date)
                if job.kind == .register { try await UserRepository(database).delete(userID) }
            }
            try await ChangeLog(database).append(userID, date: date)
        }
    }

    /// Removes what was made. Nothing was where the database was to be attached and cannot be reached: at most it keeps
    /// a stamp, which its operator can remove, and no user waits for that.
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
        // The login goes too; where its password was shredded, its name is enough.
        if location.login == nil { location.login = config.login.map { Login(name: $0, password: .randomPassword()) } }
        do {
            switch try await holder(of: location, config, engine: engine) {
            case .nobody where !config.isAttached: try await engine.dropDatabase(at: location)
            case .thisConfig where !config.isAttached:
                // The stamp comes last: the login was made, or found to be this database's own, before.
                location.isLoginProven = true
                try await engine.dropDatabase(at: location)
            case .thisConfig: try await removeStamp(of: config, at: location, engine: engine)
            case .nobody, .another: break
            }
        } catch let error as TenancyError where error.code == .databaseMissing {
            // Its login may be there nevertheless.
            if !config.isAttached { try await engine.dropDatabase(at: location) }
        } catch let error as TenancyError where engine.capabilities.isEmbedded {
            // What cannot be read cannot be told to be ours, and is left for the operator: doctor shows it.
            logger.warning(
                "a database that could not be read was left in place",
                metadata: ["user": "\(config.userID)", "error": "\(error)"])
        }
    }

    private enum Holder { case nobody, thisConfig, another }

    private func holder(
        of location: DatabaseLocation, _ config: UserDatabaseConfig, engine: any DatabaseEngine
    ) async throws -> Holder {
        if try await engine.schemaState(of: location, schema: schema) != .occupied { return .nobody }
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

    func endJobs(of userID: UserID, as state: JobRepository.State) async throws {
        let date = main.time.wallNow
        try await main.transaction { database in
            let jobs = JobRepository(database)
            while let job = try await jobs.running(for: userID) {
                try await jobs.end(job.id, as: state, steps: [], error: nil, date: date)
            }
        }
    }

    // MARK: Places and stamps

    /// Everything that the engine needs to connect as the user's login, the password opened.
    /// - Parameter password: another one than the config's.
    func location(of config: UserDatabaseConfig, password: SealedSecret? = nil) throws -> DatabaseLocation {
        var location = DatabaseLocation(
            engine: config.engine, host: config.host, port: config.port, name: config.name, tls: config.tls,
            path: config.path.map(files.absolutePath))
        if let name = config.login, let sealed = password ?? config.sealedPassword {
            let secret = try placement.keyRing.open(sealed, in: config.passwordPlace)
            location.login = Login(name: name, password: secret)
        }
        return location
    }

    /// The same with the server's provisioning login, where the database is on a registered server.
    func provisioningLocation(of config: UserDatabaseConfig) async throws -> DatabaseLocation {
        var location = try location(of: config)
        if let serverID = config.serverID {
            location.provisioningLogin = try servers.location(of: try await servers.server(serverID)).provisioningLogin
        }
        return location
    }

    /// Opens a connection for a user's own work, once the database's stamp is found to be the config's.
    /// - Throws: as ``verifyStamp(on:of:dialect:schema:)`` and connecting do; then nothing is open.
    static func connectVerified(
        to location: DatabaseLocation, of config: UserDatabaseConfig, on engine: any DatabaseEngine, schema: Schema
    ) async throws -> any DatabaseConnection {
        let question = DatabaseIdentity.question(in: engine.dialect)
        let (connection, answer) = try await telling(config) {
            try await engine.connect(to: location, as: .user, asking: question)
        }
        do {
            try verify(try DatabaseIdentity.stamp(in: answer), of: config, schema: schema)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    /// - Throws: ``TenancyError`` `wrongDatabase` where the stamp is missing or not the config's, `schemaTooNew`.
    static func verifyStamp(
        on connection: any DatabaseConnection, of config: UserDatabaseConfig, dialect: any Dialect, schema: Schema
    ) async throws {
        let stamp = try await telling(config) { try await DatabaseIdentity.read(from: connection, dialect: dialect) }
        try verify(stamp, of: config, schema: schema)
    }

    /// Where even the stamp's table is missing, that is what is told.
    private static func telling<Result>(
        _ config: UserDatabaseConfig, _ ask: () async throws -> Result
    ) async throws -> Result {
        do {
            return try await ask()
        } catch let error as TenancyError where error.code == .tableMissing {
            throw TenancyError(
                .wrongDatabase,
                "The database has not even a table for an identity stamp: it is none of Unify's, or its tables are not "
                    + "where Unify looks for them. Run: unify doctor \(config.userID)",
                cause: error, userID: config.userID, engine: config.engine)
        }
    }

    private static func verify(_ stamp: DatabaseIdentity?, of config: UserDatabaseConfig, schema: Schema) throws {
        guard let stamp else { throw noStamp(config) }
        guard stamp.userID == config.userID, stamp.uuid == config.uuid else {
            throw TenancyError(
                .wrongDatabase,
                stamp.userID == config.userID
                    ? "Another database of this user lies in its place, with the stamp \(stamp.uuid)."
                    : "The database of user \(stamp.userID) lies in its place, with the stamp \(stamp.uuid).",
                userID: config.userID, engine: config.engine)
        }
        guard stamp.schemaVersion <= schema.version else {
            throw TenancyError(
                .schemaTooNew,
                "The database is at schema version \(stamp.schemaVersion), this program knows \(schema.version).",
                userID: config.userID, engine: config.engine)
        }
    }

    private static func noStamp(_ config: UserDatabaseConfig) -> TenancyError {
        TenancyError(
            .wrongDatabase, "What lies in the database's place has no identity stamp.", userID: config.userID,
            engine: config.engine)
    }
}

/// Runs the body in a task of its own that the caller's cancellation does not reach, and waits for it.
/// - Parameter executor: where it runs between its waits; nil for Swift's pool.
func withoutCancellation<Result: Sendable>(
    preferring executor: (any TaskExecutor)? = nil, _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    try await Task(executorPreference: executor) { try await body() }.value
}
