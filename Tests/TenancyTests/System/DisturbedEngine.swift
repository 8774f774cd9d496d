import Synchronization
import Tenancy

/// An engine whose connections to users' databases take long: something happens before each is there.
final class DisturbedEngine: DatabaseEngine {
    private let engine: any DatabaseEngine
    let onConnect = Lock<(@Sendable () async -> Void)?>(nil)

    init(_ engine: any DatabaseEngine) { self.engine = engine }

    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let connection = try await engine.connect(to: location, as: role)
        if role == .user, let happening = onConnect.withLock({ $0 }) { await happening() }
        return connection
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        try await engine.makeDatabase(at: location, schema: schema, identity: identity)
    }
    func dropDatabase(at location: DatabaseLocation) async throws { try await engine.dropDatabase(at: location) }
    func setAside(_ location: DatabaseLocation) async throws { try await engine.setAside(location) }
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { try await engine.sizeBytes(of: location) }
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool {
        try await engine.snapshot(of: location, to: path)
    }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        try await engine.lastModified(of: location)
    }
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        try await engine.integrityProblems(on: connection)
    }
}
