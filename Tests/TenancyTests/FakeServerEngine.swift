internal import SQLiteEngine
internal import Synchronization
internal import Tenancy

/// An engine with servers, of which nothing is but what was asked of it. A database named `missing` is not there; two were
/// set aside.
final class FakeServerEngine: DatabaseEngine {
    let kind: EngineKind
    let dialect: any Dialect = SQLiteEngine().dialect
    let capabilities: EngineCapabilities
    private let names = Lock<[String]>([])

    init(kind: EngineKind = .postgresql) {
        self.kind = kind
        capabilities = EngineCapabilities(
            hasSingleWriter: false, descriptorsPerConnection: 2, isEmbedded: kind == .sqlite)
    }

    /// The names of the databases that were dropped.
    var dropped: [String] { names.withLock { $0 } }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        try requireThere(location)
        return FakeConnection(number: 0) {}
    }

    func dropDatabase(at location: DatabaseLocation) async throws {
        try requireThere(location)
        names.withLock { $0.append(location.name ?? "") }
    }

    func databaseNames(at location: DatabaseLocation, beginningWith prefix: String) async throws -> [String] {
        ["aside", "kept"]
    }

    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        ["of a \(type(of: connection))"]
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {}
    func quarantine(_ location: DatabaseLocation) async throws {}
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { 0 }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }

    private func requireThere(_ location: DatabaseLocation) throws {
        if location.name == "missing" { throw TenancyError(.databaseMissing, "") }
    }
}
