/// The result of one statement on a server.
public struct StatementOutcome: Sendable {
    public var columns = ColumnNames([])
    public var cells: [SQLValue] = []
    public var changes = 0
    public var lastInsertID: Int64?

    public init() {}
}

/// The progress of a statement that was sent without blocking.
public enum StatementProgress: Sendable {
    case done(StatementOutcome)
    /// Waiting for the server to send on this socket.
    case waiting(ServerSocket)
    /// The rest of the work would block.
    case blocking(@Sendable () throws -> StatementOutcome)
}

/// A session as a server's client library offers it. Its methods block the calling thread unless they say otherwise.
/// ``ServerConnection`` makes it a ``DatabaseConnection`` and serializes its calls.
public protocol ServerSession: AnyObject, Sendable {
    /// Whether the session is still open, as far as can be told without asking the server; nil if unknown. Callable
    /// from any thread.
    var isConnected: Bool? { get }
    /// Asks the server for a reply.
    func ping() throws
    /// - Parameter keepsRows: false for a statement run for its effect; its rows are read and dropped.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome
    /// The same, without blocking for as long as possible.
    func start(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementProgress
    /// Continues what ``start(_:_:keepsRows:)`` began, when its socket may have data. Does not block.
    func resume() throws -> StatementProgress
    func begin(_ access: Access) throws
    func commit() throws
    /// Does nothing if no transaction is open.
    func rollback() throws
    func close()
    /// The library's error for an error of the session.
    static func translated(_ error: any Error) -> any Error
}

extension ServerSession {
    /// For sessions whose client library can only block.
    public func start(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementProgress {
        .blocking { try self.run(statement, limits, keepsRows: keepsRows) }
    }

    public func resume() throws -> StatementProgress { throw Self.nothingBegun }

    /// Thrown if ``resume()`` has nothing to continue.
    public static var nothingBegun: TenancyError {
        TenancyError(.internalFailure, "A statement is waited for that was not begun.")
    }

    /// For sessions whose ``isConnected`` is never nil.
    public func ping() throws {}

    public static func translated(_ error: any Error) -> any Error { error }
}
