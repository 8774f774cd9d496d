/// One open connection, used by one lease at a time.
///
/// Concurrent statements run one after the other. When the calling task is cancelled, the running statement is
/// interrupted and the call throws `cancelled`.
public protocol DatabaseConnection: AnyObject, Sendable {
    /// Runs a statement and collects its rows.
    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet
    /// Runs a statement for its effect.
    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult
    /// Starts a transaction: a consistent snapshot for reading, or a write transaction that takes the write lock at
    /// once.
    func begin(_ access: Access) async throws
    func commit() async throws
    /// Ends a transaction without its effects, even in a cancelled task. Does nothing if no transaction is open.
    func rollback() async throws
    /// Readies the connection for the next lease: no open transaction, no leftovers.
    /// - Returns: false on failure; the connection must then be closed.
    func reset() async -> Bool
    /// Whether ``reset()`` is needed before the next lease, because of a transaction or a failure.
    var needsReset: Bool { get }
    /// Whether an idle connection is still usable. Asks the server only if nothing else can tell.
    func isConnected() async -> Bool
    /// Stops the running statement, if any; it throws `cancelled`. Callable from any thread.
    func interrupt()
    func close() async
}

extension DatabaseConnection {
    public func isConnected() async -> Bool { true }
}
