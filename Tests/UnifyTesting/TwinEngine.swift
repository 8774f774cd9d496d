internal import SQLServerEngine
internal import SQLiteEngine
internal import Tenancy
internal import UnifyApp

/// SQLite that also writes down, in T-SQL, what SQL Server would have been asked to do: for a parser of T-SQL to read where
/// no SQL Server runs.
final class TwinEngine: DatabaseEngine {
    private let engine: SQLiteEngine
    private let collector: StatementCollector
    let dialect: any Dialect

    /// - Parameter path: where the statements are collected, one JSON string a line.
    init(name: String, collectingIn path: String) throws {
        engine = SQLiteEngine(name: name)
        let collector = try StatementCollector(path: path)
        let server = SQLServerEngine().dialect
        for migration in AppSchema.mainDatabase.migrations + AppSchema.userDatabase.migrations {
            migration.statements(in: server).forEach(collector.collect)
        }
        for table in [SchemaMigrations.table, DatabaseIdentity.table] {
            server.statements(creating: table).forEach(collector.collect)
        }
        if let lock = server.sessionLock(named: "lock") { collector.collect(lock.sql) }
        dialect = TwinDialect(own: engine.dialect, other: server)
        self.collector = collector
    }

    var kind: EngineKind { engine.kind }
    var capabilities: EngineCapabilities { engine.capabilities }
    var threads: WorkerThreads? { engine.threads }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        try TwinConnection(try await engine.connect(to: location, as: role), collector)
    }
    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        if let identity { collector.collect(identity.insertion(in: SQLServerEngine().dialect).sql) }
        try await engine.makeDatabase(at: location, schema: schema, identity: identity)
    }
    func dropDatabase(at location: DatabaseLocation) async throws { try await engine.dropDatabase(at: location) }
    func quarantine(_ location: DatabaseLocation) async throws { try await engine.quarantine(location) }
    func dropQuarantined(
        of location: DatabaseLocation, unless isForeign: @escaping @Sendable (DatabaseLocation) async throws -> Bool
    ) async throws {
        try await engine.dropQuarantined(of: location, unless: isForeign)
    }
    func exchange(_ location: DatabaseLocation, with other: DatabaseLocation) async throws {
        try await engine.exchange(location, with: other)
    }
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { try await engine.sizeBytes(of: location) }
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool {
        try await engine.snapshot(of: location, to: path)
    }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        try await engine.lastModified(of: location)
    }
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        try await engine.integrityProblems(on: (connection as? TwinConnection)?.connection ?? connection)
    }
    func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)? {
        try await engine.makeChangeListener(at: location)
    }
}
