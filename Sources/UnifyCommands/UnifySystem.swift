internal import Foundation
internal import Logging
internal import MySQLEngine
internal import PostgreSQLEngine
internal import SQLServerEngine
internal import SQLiteEngine
internal import Tenancy
internal import UnifyApp

/// Everything that a command works with, assembled: the only place that knows all engines.
struct UnifySystem: Sendable {
    let settings: Settings
    let main: MainDatabase
    let manager: MultiTenantDatabaseManager
    let accounts: Accounts
    let keyRing: KeyRing
    let logger: Logger
    /// Whether the installation had no mode before, and nobody has chosen one.
    let isModeByDefault: Bool

    var mode: InstallationMode { settings.isMultiTenant ? .multiTenant : .single }

    /// How to treat a main database that is missing or not at this program's schema version.
    enum MainOpening {
        /// Nothing: it belongs to the server that runs beside the command.
        case require
        /// Created if missing; an existing one must be at the version.
        case requireOrMake
        /// Created or migrated.
        case prepare
    }

    /// How to treat the configured mode.
    enum ModeRule {
        /// Recorded unless another one was chosen; a contradiction of the record is refused.
        case settle
        /// A contradiction of the record is refused; nothing is recorded, and a default mode contradicts nothing.
        case read
        case ignore
    }

    /// - Parameter operatorName: who acts when no user does; nil for the server.
    static func open(
        _ settings: Settings, _ opening: MainOpening = .require, mode: ModeRule = .settle,
        operatorName: String? = OperatorName.current, logger: Logger
    ) async throws -> UnifySystem {
        // Registration would fail for everybody; better not to start.
        let engines = engines(settings)
        _ = try engines.engine(settings.defaultEngine)
        // Before the main database is touched.
        let schema = try userSchema(settings, engines)
        let main = try await openMain(settings, opening, operatorName: operatorName)
        let keyRing = try await keyRing(settings, main: main, logger: logger)
        let found = try await Self.mode(of: main, settings, mode)
        var settings = settings
        settings.isMultiTenant = found.mode == .multiTenant
        let manager = MultiTenantDatabaseManager(
            main: main, engines: engines, schema: schema,
            dataDirectory: settings.dataDirectory, keyRing: keyRing, options: options(settings), logger: logger)
        let accounts = Accounts(
            manager: manager, isMultiTenant: settings.isMultiTenant,
            hasher: try PasswordHasher(
                maxThreads: max(1, ProcessInfo.processInfo.activeProcessorCount - 1),
                pepper: try await PasswordPepper.load(from: main, ring: keyRing)),
            logger: logger)
        return UnifySystem(
            settings: settings, main: main, manager: manager, accounts: accounts, keyRing: keyRing, logger: logger,
            isModeByDefault: found.isByDefault)
    }

    /// The application's schema with the operator's files.
    private static func userSchema(_ settings: Settings, _ engines: EngineRegistry) throws -> Schema {
        guard let folder = settings.migrationsFolder else { return AppSchema.userDatabase }
        let files = try MigrationFolder(folder, for: engines, usual: settings.defaultEngine)
        return AppSchema.userDatabase.adding(files: try files.migrations())
    }

    /// Runs the operator's files in a new file, if new databases are files.
    /// - Throws: ``TenancyError`` that names the file that cannot run.
    func tryMigrations() async throws {
        let engine = try manager.engines.engine(settings.defaultEngine)
        guard engine.capabilities.isEmbedded, !manager.schema[.operatorFiles].isEmpty else { return }
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("unify-\(UUID().uuidString).db").path
        try await manager.schema.tryFiles(on: engine, at: path)
    }

    private static func mode(
        of main: MainDatabase, _ settings: Settings, _ rule: ModeRule
    ) async throws -> Installation.Found {
        let installation = Installation(main)
        switch rule {
        case .settle: return try await installation.settle(settings.chosenMode)
        case .read:
            let mode = try await installation.compare(settings.chosenMode)
            return Installation.Found(mode: mode, isByDefault: false)
        case .ignore:
            let mode = try await installation.modeOrWhatItHolds() ?? settings.chosenMode ?? .single
            return Installation.Found(mode: mode, isByDefault: false)
        }
    }

    static func openMain(
        _ settings: Settings, _ opening: MainOpening, operatorName: String? = OperatorName.current
    ) async throws -> MainDatabase {
        try InstallationOwner.refuseOthers(settings)
        // With its own threads: whatever users do, the main database stays available.
        let engine = try engines(settings, of: "main").engine(settings.mainDatabase.engine)
        let (location, schema) = (settings.mainDatabase, AppSchema.mainDatabase)
        let limits = StatementLimits(timeLimit: settings.statementTimeout)
        func open(_ mode: MainDatabase.Opening) async throws -> MainDatabase {
            try await MainDatabase.open(
                engine, at: location, schema: schema, mode, limits: limits, operatorName: operatorName)
        }
        func make() async throws -> MainDatabase {
            try settings.makeDataDirectory()
            return try await open(.create)
        }
        let lost = LostMainDatabase(settings: settings)
        if case .prepare = opening {
            // A file that is there needs no second look.
            if location.path == nil || !settings.hasMainDatabase, let trace = lost.trace {
                do {
                    await (try await open(.require)).close()
                } catch let error as TenancyError where error.code == .databaseMissing {
                    throw lost.error(trace)
                } catch let error as TenancyError where error.code == .schemaTooOld {
                    // It is there, and is brought up to date.
                }
            }
            return try await make()
        }
        do {
            return try await open(.require)
        } catch let error as TenancyError where error.code == .databaseMissing {
            if let trace = lost.trace { throw lost.error(trace) }
            if case .requireOrMake = opening { return try await make() }
            throw TenancyError(
                .databaseMissing,
                "There is no main database at \(location.path ?? location.name ?? "its place"). Is this the server's working "
                    + "directory? Else name its folder by --data-dir or UNIFY_DATA_DIR. To make a new installation there, "
                    + "run: unify setup create-table",
                cause: nil)
        }
    }

    /// - Parameter purpose: the name of SQLite's threads.
    static func engines(_ settings: Settings, of purpose: String = "users") -> EngineRegistry {
        let durability = SQLiteEngine.Durability(rawValue: settings.durability) ?? .full
        return EngineRegistry([
            SQLiteEngine(
                options: SQLiteEngine.Options(durability: durability, temporaryFolder: settings.dataDirectory),
                name: "sqlite-\(purpose)"),
            PostgreSQLEngine(
                options: PostgreSQLEngine.Options(maintenanceDatabase: settings.postgreSQLMaintenanceDatabase)),
            MySQLEngine(),
            SQLServerEngine(options: SQLServerEngine.Options(driver: settings.sqlServerDriver)),
        ])
    }

    private static func options(_ settings: Settings) -> MultiTenantDatabaseManager.Options {
        var options = MultiTenantDatabaseManager.Options(
            defaultEngine: settings.defaultEngine, pool: settings.pool,
            statement: StatementLimits(timeLimit: settings.statementTimeout),
            expectedTables: AppSchema.itemTables, warmPoolSize: settings.warmPoolSize,
            namePrefix: settings.databasePrefix,
            faults: FaultSwitch.points(killAt: settings.killAt))
        options.beforeDeletingUser = AppSchema.erase
        options.healthCheckPeriod = settings.healthCheckPeriod > .zero ? settings.healthCheckPeriod : nil
        options.attachHosts = settings.attachHosts
        options.endAllSessions = AppSchema.endAllSessions
        options.isCovered = AppSchema.isCovered
        return options
    }

    /// The root key from the configured source, created on first start, and checked against the main database.
    static func keyRing(_ settings: Settings, main: MainDatabase, logger: Logger) async throws -> KeyRing {
        let check = KeyCheck(main, dataDirectory: settings.dataDirectory)
        let file = RootKeyFile(path: settings.masterKeyFile)
        let source: KeyRing.Source = {
            guard let given = settings.masterKey else { return try file.read() }
            return try given.unsafeReveal().split(separator: ",").map { try RootKey(base64: String($0)) }
        }
        if settings.masterKey == nil, try await check.knownKeyID() == nil, !file.exists {
            // If two processes start at once, one creates it and both read it.
            if try file.create() != nil {
                logger.notice("a new root key was made; keep a copy of it", metadata: ["path": "\(file.path)"])
            }
        }
        let keys = try source()
        guard let current = keys.first else { throw TenancyError(.keyMissing, "UNIFY_MASTER_KEY holds no key.") }
        let ring = KeyRing(current: current, older: Array(keys.dropFirst()), source: source)
        if let upgrade = try await check.verify(ring) {
            logger.log(
                level: upgrade.firstFault == nil ? .notice : .error,
                "the audit log has a key now, and its chain begins anew",
                metadata: [
                    "older_entries": "\(upgrade.entries)",
                    "first_fault": "\(upgrade.firstFault.map(String.init) ?? "none")",
                ])
            for fault in upgrade.unopened {
                logger.error("a password does not open, and was left as it is", metadata: ["secret": "\(fault)"])
            }
        }
        return ring
    }

    func close() async {
        await manager.noteMainDatabase(isLast: true)
        await manager.shutDown()
        await main.close()
    }
}
