/// An engine that holds databases: the interface between this library and SQLite, PostgreSQL and the others.
///
/// Blocking work runs on the engine's own threads, never on Swift's cooperative pool. The suite in `TenancyTesting`
/// specifies each method; an engine that passes it can be registered.
public protocol DatabaseEngine: Sendable {
    var kind: EngineKind { get }
    var dialect: any Dialect { get }
    var capabilities: EngineCapabilities { get }
    /// The threads for blocking calls, if a task may stay on them for several calls; otherwise nil.
    var threads: WorkerThreads? { get }

    /// Opens a connection to an existing database; never creates one.
    /// - Throws: ``TenancyError`` `databaseMissing`, `databaseUnreadable`, `databaseCorrupt` or `connectionFailed`.
    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection

    /// Opens a connection and runs a first query on it; an engine may do both in one round trip.
    /// - Throws: as ``connect(to:as:)`` and the query do; then nothing is open.
    func connect(
        to location: DatabaseLocation, as role: ConnectionRole, firstQuery query: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet)

    /// Runs one query with the user's own login, outside every pool.
    func queryOnce(_ query: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet

    /// Makes a database durably, with this schema and, if given, this identity stamp. On a server it also makes the
    /// location's login, with rights on this database only.
    ///
    /// Repeatable, and safe against concurrent calls of other processes. An existing database is completed if it is
    /// empty, or has no stamp and no rows. Any other is left unchanged; the caller finds out by reading its stamp,
    /// which is always written last.
    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws

    /// Removes a database and everything that belongs to it, including the location's login on a server. Does nothing
    /// if there is no such database.
    func dropDatabase(at location: DatabaseLocation) async throws

    /// What a database contains, compared with this schema.
    func databaseContent(of location: DatabaseLocation, schema: Schema) async throws -> DatabaseContent

    /// Renames any database with this location's name, so that the name is free and nothing is lost. Does nothing if
    /// there is none.
    func quarantine(_ location: DatabaseLocation) async throws

    /// Exchanges two database files in one step.
    /// - Throws: ``TenancyError`` `busy` if one of them is open; `invalidConfiguration` if the engine's databases are
    ///   not files.
    func exchange(_ location: DatabaseLocation, with other: DatabaseLocation) async throws

    /// Removes everything that ``quarantine(_:)`` has set aside for this database.
    /// - Parameter isForeign: whether a database that was set aside belongs to somebody else, and stays.
    func dropQuarantined(
        of location: DatabaseLocation, unless isForeign: @escaping @Sendable (DatabaseLocation) async throws -> Bool
    ) async throws

    /// The size on disk, in bytes.
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64

    /// Writes a consistent snapshot of the database to a new file that only its owner can read. On failure no file
    /// remains.
    /// - Parameter path: where no file exists.
    /// - Returns: false for an engine whose databases are not files.
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool

    /// The problems that the engine's own integrity check finds; empty for a sound database.
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String]

    /// When the database was last written, if the engine knows.
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp?

    /// Grants a database's own login access to all its tables. Call it after maintenance has made a table.
    func grantAccess(to location: DatabaseLocation) async throws

    /// Changes the password of the location's login, using the provisioning login if there is one.
    func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws

    /// Why the server or driver would not accept a password; nil for an acceptable one.
    func fault(in password: Secret<String>) -> String?

    /// What a server allows the provisioning login of this location; the database name is ignored.
    /// - Parameter namePrefix: the prefix of the databases to be made there.
    /// - Throws: ``TenancyError`` `connectionFailed` or `loginRefused` if it cannot be reached; the report has every
    ///   other fault.
    func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport

    /// The names of databases with this prefix on the location's server; the location's database name is ignored.
    func databaseNames(at location: DatabaseLocation, beginningWith prefix: String) async throws -> [String]

    /// A listener for changes of ``ChangeLog``; nil for an engine that has to be polled.
    func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)?
}

/// Receives ``Dialect/changeSignal``.
public protocol ChangeListener: Sendable {
    /// Returns as soon as a signal has come since the last call, or after this time.
    func wait(upTo limit: Duration) async throws
    func close() async
}

extension DatabaseEngine {
    public var threads: WorkerThreads? { nil }

    public func connect(
        to location: DatabaseLocation, as role: ConnectionRole, firstQuery query: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet) {
        let connection = try await connect(to: location, as: role)
        do {
            return (connection, try await connection.query(query, limits: StatementLimits(access: .read)))
        } catch {
            await connection.close()
            guard let failure = error as? TenancyError, failure.code == .connectionFailed else { throw error }
            // The server accepted the login, so a session that ends now is a fault of this database and not of the
            // server.
            throw TenancyError(
                .loginRefused, "The database server let this login in and ended its session at once.", cause: failure)
        }
    }

    public func queryOnce(_ query: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet {
        let (connection, answer) = try await connect(to: location, as: .user, firstQuery: query)
        await connection.close()
        return answer
    }
}

/// Defaults for engines without servers and logins.
extension DatabaseEngine {
    public func grantAccess(to location: DatabaseLocation) async throws {}

    /// Databases that are made in one step are never incomplete.
    public func databaseContent(of location: DatabaseLocation, schema: Schema) async throws -> DatabaseContent {
        .occupied
    }

    /// For servers, where a database is set aside under a name with the same prefix.
    public func dropQuarantined(
        of location: DatabaseLocation, unless isForeign: @escaping @Sendable (DatabaseLocation) async throws -> Bool
    ) async throws {
        guard let name = location.name else { return }
        for aside in try await databaseNames(at: location, beginningWith: ServerName.quarantinePrefix(of: name)) {
            var place = location
            place.name = aside
            place.login = nil
            if try await !isForeign(place) { try await dropDatabase(at: place) }
        }
    }

    public func exchange(_ location: DatabaseLocation, with other: DatabaseLocation) async throws {
        throw TenancyError(
            .invalidConfiguration, "The engine \(kind.rawValue) keeps its databases on servers, not in files.",
            engine: kind)
    }

    public func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws {
        throw noServer
    }

    public func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport {
        throw noServer
    }

    public func databaseNames(
        at location: DatabaseLocation, beginningWith prefix: String
    ) async throws -> [String] { throw noServer }

    public func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)? { nil }

    public func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool { false }

    public func fault(in password: Secret<String>) -> String? {
        let text = password.unsafeReveal()
        if text.isEmpty { return "it is empty." }
        if text.utf8.contains(0) { return "it holds a NUL character." }
        return text.utf8.count > 1024 ? "it has more than 1024 bytes." : nil
    }

    private var noServer: TenancyError {
        TenancyError(
            .invalidConfiguration,
            "The engine \(kind.rawValue) keeps its databases in files: it has no server and no "
                + "logins.", engine: kind)
    }
}
