/// One open connection, used by one lease at a time.
///
/// Statements given to it at the same time run one after the other. When the calling task is cancelled, the statement
/// that runs is interrupted and the call throws `cancelled`.
public protocol DatabaseConnection: AnyObject, Sendable {
    /// Runs a statement and collects its rows.
    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet
    /// Runs a statement for its effect.
    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult
    /// Starts a transaction: for reading a consistent state, or for writing with the write lock taken at once.
    func begin(_ access: Access) async throws
    func commit() async throws
    /// Ends a transaction without its effects. Works also when the calling task is cancelled; no transaction is no error.
    func rollback() async throws
    /// Makes the connection ready for the next lease: no transaction open, nothing left over.
    /// - Returns: false where that failed; the connection must then be closed.
    func reset() async -> Bool
    /// Whether a transaction or a failure makes ``reset()`` necessary before the next lease.
    var needsReset: Bool { get }
    /// Whether the connection is still there, for one that was idle. The server is asked where nothing else can tell.
    func isConnected() async -> Bool
    /// Stops the statement that runs now, if any; it throws `cancelled`. Callable from any thread.
    func interrupt()
    func close() async
}

extension DatabaseConnection {
    public func isConnected() async -> Bool { true }
}
