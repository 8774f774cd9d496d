/// An engine that can hold databases: the seam between this library and SQLite, PostgreSQL and the others.
///
/// An engine's blocking work runs on threads of its own, never on Swift's cooperative pool. The suite in
/// `TenancyTesting` states what each method must do; an engine that passes it can be registered.
public protocol DatabaseEngine: Sendable {
    var kind: EngineKind { get }
    var dialect: any Dialect { get }
    var capabilities: EngineCapabilities { get }

    /// Opens a connection to a database that exists; never makes one.
    /// - Throws: ``TenancyError`` `databaseMissing`, `databaseUnreadable`, `databaseCorrupt` or `connectionFailed`.
    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection

    /// Makes a database with this schema and, where given, this identity stamp, durably.
    ///
    /// Repeatable, and safe against another process that does the same: where the database is there already it is left
    /// as it is, whatever it holds, and the caller finds out by reading its stamp. Never leaves half a database behind
    /// under its final name.
    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws

    /// Removes a database and everything that belongs to it. Nothing there is no error.
    func dropDatabase(at location: DatabaseLocation) async throws

    /// Gives whatever is under a database's name another name, so that the name is free and nothing is lost. Nothing
    /// there is no error.
    func setAside(_ location: DatabaseLocation) async throws

    /// The bytes that the database takes on disk now.
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64

    /// The database as one file in the state of one moment; nil for an engine whose databases are no files.
    func snapshot(of location: DatabaseLocation) async throws -> [UInt8]?

    /// What the engine's own check of its structure finds wrong; empty for a sound database.
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String]

    /// When the database was last written, where the engine knows.
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp?
}
