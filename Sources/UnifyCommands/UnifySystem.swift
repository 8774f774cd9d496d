internal import Foundation
internal import Logging
internal import SQLiteEngine
internal import Tenancy
internal import UnifyApp

/// Everything that a command works with, put together: the one place that knows which engines there are.
struct UnifySystem: Sendable {
    let settings: Settings
    let main: MainDatabase
    let manager: MultiTenantDatabaseManager
    let accounts: Accounts
    let logger: Logger

    /// What to do where there is no main database.
    enum MissingMain { case make, refuse }

    static func open(
        _ settings: Settings, ifMissing: MissingMain = .refuse, logger: Logger
    ) async throws -> UnifySystem {
        // Registration would fail for everybody; better not to start.
        _ = try engines(settings).engine(settings.defaultEngine)
        let main = try await openMain(settings, ifMissing: ifMissing)
        let keyRing = try await keyRing(settings, main: main, logger: logger)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: engines(settings), schema: AppSchema.userDatabase,
            dataDirectory: settings.dataDirectory, keyRing: keyRing, options: options(settings), logger: logger)
        let accounts = Accounts(
            manager: manager, isMultiTenant: settings.isMultiTenant,
            hasher: try PasswordHasher(maxThreads: max(1, ProcessInfo.processInfo.activeProcessorCount - 1)),
            logger: logger)
        return UnifySystem(settings: settings, main: main, manager: manager, accounts: accounts, logger: logger)
    }

    static func openMain(_ settings: Settings, ifMissing: MissingMain) async throws -> MainDatabase {
        let engine = try engines(settings).engine(settings.mainDatabase.engine)
        let (location, schema) = (settings.mainDatabase, AppSchema.mainDatabase)
        let limits = StatementLimits(timeLimit: settings.statementTimeout)
        switch ifMissing {
        case .make: return try await MainDatabase.open(engine, at: location, schema: schema, limits: limits)
        case .refuse:
            do {
                return try await MainDatabase.openExisting(engine, at: location, schema: schema, limits: limits)
            } catch let error as TenancyError where error.code == .databaseMissing {
                throw TenancyError(
                    .databaseMissing,
                    "There is no main database at \(location.path ?? "its place"). Run: unify setup create-table",
                    cause: nil)
            }
        }
    }

    private static func engines(_ settings: Settings) -> EngineRegistry {
        let durability = SQLiteEngine.Durability(rawValue: settings.durability) ?? .full
        return EngineRegistry([SQLiteEngine(options: SQLiteEngine.Options(durability: durability))])
    }

    private static func options(_ settings: Settings) -> MultiTenantDatabaseManager.Options {
        MultiTenantDatabaseManager.Options(
            defaultEngine: settings.defaultEngine, pool: settings.pool,
            statement: StatementLimits(timeLimit: settings.statementTimeout),
            expectedTables: AppSchema.itemTables, faults: FaultSwitch.points(killAt: settings.killAt))
    }

    /// The root key from where the settings say, made on first start, and checked against the main database.
    static func keyRing(_ settings: Settings, main: MainDatabase, logger: Logger) async throws -> KeyRing {
        let check = KeyCheck(main)
        let file = RootKeyFile(path: settings.masterKeyFile)
        let key: RootKey
        if let given = settings.masterKey {
            key = try RootKey(base64: given.unsafeReveal())
        } else if try await check.knownKeyID() != nil || file.exists {
            key = try file.read()
        } else {
            key = try file.create()
            logger.notice("a new root key was made; keep a copy of it", metadata: ["path": "\(file.path)"])
        }
        let ring = KeyRing(current: key)
        try await check.verify(ring)
        return ring
    }

    func close() async {
        await manager.shutDown()
        await main.close()
    }
}
