import Tenancy

/// An engine of a test that does as another one does, but for what the test is about.
protocol ForwardingEngine: DatabaseEngine {
    var engine: any DatabaseEngine { get }
}

extension ForwardingEngine {
    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        try await engine.makeDatabase(at: location, schema: schema, identity: identity)
    }
    func dropDatabase(at location: DatabaseLocation) async throws { try await engine.dropDatabase(at: location) }
    func quarantine(_ location: DatabaseLocation) async throws { try await engine.quarantine(location) }
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
