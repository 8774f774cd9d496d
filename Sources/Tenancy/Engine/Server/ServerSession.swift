/// What one statement on a server gave.
public struct StatementOutcome: Sendable {
    public var columns = ColumnNames([])
    public var cells: [SQLValue] = []
    public var changes = 0
    public var lastInsertID: Int64?

    public init() {}
}

/// A session on a server as its client library offers it: every method blocks the thread that it is called on.
/// ``ServerConnection`` makes a ``DatabaseConnection`` of it, and lets one call at a time use it.
public protocol ServerSession: AnyObject, Sendable {
    /// Whether the server has not ended the session, as far as can be told without asking it; nil where that tells
    /// nothing. Called from any thread.
    var isConnected: Bool? { get }
    /// Asks the server for a sign of life.
    func ping() throws
    /// - Parameter keepsRows: false for a statement that is run for its effect; its rows are read and dropped.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome
    func begin(_ access: Access) throws
    func commit() throws
    /// No transaction is no error.
    func rollback() throws
    func close()
    /// The error that this library tells of what the session threw.
    static func translated(_ error: any Error) -> any Error
}

extension ServerSession {
    /// For sessions whose ``isConnected`` is never nil.
    public func ping() throws {}

    public static func translated(_ error: any Error) -> any Error { error }
}
