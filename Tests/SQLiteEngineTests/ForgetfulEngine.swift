import SQLiteEngine
import Tenancy

/// SQLite with three faults: databases get no stamp, are made anew where there is one, and are never dropped.
final class ForgetfulEngine: DatabaseEngine {
    private let engine = SQLiteEngine()
    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        try await engine.connect(to: location, as: role)
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        try await engine.dropDatabase(at: location)
        try await engine.makeDatabase(at: location, schema: schema, identity: nil)
    }

    func dropDatabase(at location: DatabaseLocation) async throws {}
    func quarantine(_ location: DatabaseLocation) async throws { try await engine.quarantine(location) }
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool {
        try await engine.snapshot(of: location, to: path)
    }

    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { try await engine.sizeBytes(of: location) }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        try await engine.lastModified(of: location)
    }
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        try await engine.integrityProblems(on: connection)
    }
}
