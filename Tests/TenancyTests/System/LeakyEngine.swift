import Foundation
import Tenancy

/// An engine with a planted leak: it opens another user's database for one user.
final class LeakyEngine: DatabaseEngine {
    private let engine: any DatabaseEngine
    /// The name of the file that is asked for, and that of the file that is opened in its stead.
    private let leak: (asked: String, opened: String)
    private let fakesStamp: Bool

    /// - Parameter fakesStamp: whether the question for the identity stamp is answered from the right database.
    init(_ engine: any DatabaseEngine, leak: (asked: String, opened: String), fakesStamp: Bool = true) {
        self.engine = engine
        self.leak = leak
        self.fakesStamp = fakesStamp
    }

    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        let right = try await engine.connect(to: location, as: role)
        guard role == .user, let path = location.path, path.hasSuffix("/\(leak.asked)") else { return right }
        guard let id = UserID(leak.opened.dropFirst(5).dropLast(3)),
            let users = path.range(of: "users/").map({ path[..<$0.lowerBound] })
        else { return right }
        let other = String(users) + UserDatabaseFiles.relativePath(of: id)
        // Until the other user's database is there, nothing leaks.
        guard let rows = try? await engine.connect(to: .file(other), as: role) else { return right }
        guard !fakesStamp else { return LeakyConnection(stamp: right, rows: rows) }
        await right.close()
        return rows
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
