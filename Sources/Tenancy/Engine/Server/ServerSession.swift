/// What one statement on a server gave.
public struct StatementOutcome: Sendable {
    public var columns = ColumnNames([])
    public var cells: [SQLValue] = []
    public var changes = 0
    public var lastInsertID: Int64?

    public init() {}
}

/// How far a statement has come that was sent without blocking.
public enum StatementProgress: Sendable {
    case done(StatementOutcome)
    /// The server has yet to say something on this socket.
    case waiting(ServerSocket)
    /// What is left to do would block.
    case blocking(@Sendable () throws -> StatementOutcome)
}

/// A session on a server as its client library offers it: every method blocks the thread that it is called on, but for
/// those that say that they do not. ``ServerConnection`` makes a ``DatabaseConnection`` of it, and lets one call at a time
/// use it.
public protocol ServerSession: AnyObject, Sendable {
    /// Whether the server has not ended the session, as far as can be told without asking it; nil if that tells
    /// nothing. Called from any thread.
    var isConnected: Bool? { get }
    /// Asks the server for a sign of life.
    func ping() throws
    /// - Parameter keepsRows: false for a statement that is run for its effect; its rows are read and dropped.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome
    /// The same without blocking, as far as that goes.
    func start(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementProgress
    /// Goes on with what ``start(_:_:keepsRows:)`` began, when its socket may have news. Does not block.
    func resume() throws -> StatementProgress
    func begin(_ access: Access) throws
    func commit() throws
    /// No transaction is no error.
    func rollback() throws
    func close()
    /// The error that this library tells of what the session threw.
    static func translated(_ error: any Error) -> any Error
}

extension ServerSession {
    /// For sessions whose client library can do nothing but block.
    public func start(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementProgress {
        .blocking { try self.run(statement, limits, keepsRows: keepsRows) }
    }

    public func resume() throws -> StatementProgress { throw Self.nothingBegun }

    /// What to throw where ``resume()`` finds nothing to go on with.
    public static var nothingBegun: TenancyError {
        TenancyError(.internalFailure, "A statement is waited for that was not begun.")
    }

    /// For sessions whose ``isConnected`` is never nil.
    public func ping() throws {}

    public static func translated(_ error: any Error) -> any Error { error }
}
