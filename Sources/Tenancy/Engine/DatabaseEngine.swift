/// An engine that can hold databases: the seam between this library and SQLite, PostgreSQL and the others.
///
/// An engine's blocking work runs on threads of its own, never on Swift's cooperative pool. The suite in
/// `TenancyTesting` states what each method must do; an engine that passes it can be registered.
public protocol DatabaseEngine: Sendable {
    var kind: EngineKind { get }
    var dialect: any Dialect { get }
    var capabilities: EngineCapabilities { get }
    /// The threads on which blocking calls run, where a task may stay for several of them; nil where it may not.
    var threads: WorkerThreads? { get }

    /// Opens a connection to a database that exists; never makes one.
    /// - Throws: ``TenancyError`` `databaseMissing`, `databaseUnreadable`, `databaseCorrupt` or `connectionFailed`.
    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection

    /// Opens a connection and runs a first query on it; an engine may do both in one turn.
    /// - Throws: as ``connect(to:as:)`` and the query do; then nothing is open.
    func connect(
        to location: DatabaseLocation, as role: ConnectionRole, asking question: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet)

    /// Runs one query on a database, as its user's own login, outside every pool.
    func answer(to question: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet

    /// Makes a database with this schema and, where given, this identity stamp, durably; on a server also the login that
    /// the location names, with rights on this database alone.
    ///
    /// Repeatable, and safe against another process that does the same. A database that is there is completed where it
    /// is empty or was made without a stamp and holds no row; any other is left as it is, and the caller finds out by
    /// reading its stamp, which is always written last.
    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws

    /// Removes a database and everything that belongs to it, on a server the location's login too. Nothing there is no
    /// error.
    func dropDatabase(at location: DatabaseLocation) async throws

    /// What a database holds for the making of this schema.
    func schemaState(of location: DatabaseLocation, schema: Schema) async throws -> SchemaState

    /// Gives whatever is under a database's name another name, so that the name is free and nothing is lost. Nothing
    /// there is no error.
    func setAside(_ location: DatabaseLocation) async throws

    /// Lets two databases that are files change places, in one step.
    /// - Throws: ``TenancyError`` `busy` where somebody has one of them open; `invalidConfiguration` for an engine whose
    ///   databases are no files.
    func exchange(_ location: DatabaseLocation, with other: DatabaseLocation) async throws

    /// Removes everything that ``setAside(_:)`` has put aside of this database.
    func dropSetAside(of location: DatabaseLocation) async throws

    /// The bytes that the database takes on disk now.
    func sizeBytes(of location: DatabaseLocation) async throws -> Int64

    /// Writes the database in the state of one moment as one file under a path where there is none, for its owner alone.
    /// Where it fails nothing is left there.
    /// - Returns: false for an engine whose databases are no files.
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool

    /// What the engine's own check of its structure finds wrong; empty for a sound database.
    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String]

    /// When the database was last written, where the engine knows.
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp?

    /// Lets a database's own login work with all its tables, to be called after a table was made by maintenance.
    func grantAccess(to location: DatabaseLocation) async throws

    /// Gives the location's login a new password, by the provisioning login where there is one.
    func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws

    /// Why a server would not take a password, or a driver not pass it on; nil for a good one.
    func fault(in password: Secret<String>) -> String?

    /// What a server can do for the provisioning login of this location, whose database name is not used.
    /// - Parameter namePrefix: what the names of the databases to be made there begin with.
    /// - Throws: ``TenancyError`` `connectionFailed` or `loginRefused` where it cannot be reached; every other fault is
    ///   in the report.
    func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport

    /// The names of the databases that begin so on the server of this location, whose own database name is not used.
    func databaseNames(at location: DatabaseLocation, beginningWith prefix: String) async throws -> [String]

    /// Hears that ``ChangeLog`` has grown; nil for an engine whose listeners poll.
    func makeChangeListener(at location: DatabaseLocation) async throws -> (any ChangeListener)?
}

/// Hears what a ``Dialect/changeSignal`` says.
public protocol ChangeListener: Sendable {
    /// Returns when a signal came since the last call, or after this time, whichever is first.
    func wait(upTo limit: Duration) async throws
    func close() async
}

extension DatabaseEngine {
    public var threads: WorkerThreads? { nil }

    public func connect(
        to location: DatabaseLocation, as role: ConnectionRole, asking question: SQLStatement
    ) async throws -> (connection: any DatabaseConnection, answer: ResultSet) {
        let connection = try await connect(to: location, as: role)
        do {
            return (connection, try await connection.query(question, limits: StatementLimits(access: .read)))
        } catch {
            await connection.close()
            guard let failure = error as? TenancyError, failure.code == .connectionFailed else { throw error }
            // The server took the login: what ends its session then is this database's trouble, and not the server's.
            throw TenancyError(
                .loginRefused, "The database server let this login in and ended its session at once.", cause: failure)
        }
    }

    public func answer(to question: SQLStatement, at location: DatabaseLocation) async throws -> ResultSet {
        let (connection, answer) = try await connect(to: location, as: .user, asking: question)
        await connection.close()
        return answer
    }
}

/// What an engine with neither servers nor logins says to questions about them.
extension DatabaseEngine {
    public func grantAccess(to location: DatabaseLocation) async throws {}

    /// Databases that are made whole are never half somebody's.
    public func schemaState(of location: DatabaseLocation, schema: Schema) async throws -> SchemaState { .occupied }

    /// For servers, whose databases are set aside under names that begin as the database's own.
    public func dropSetAside(of location: DatabaseLocation) async throws {
        guard let name = location.name else { return }
        for aside in try await databaseNames(at: location, beginningWith: ServerName.asideBeginning(of: name)) {
            var place = location
            place.name = aside
            place.login = nil
            try await dropDatabase(at: place)
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
