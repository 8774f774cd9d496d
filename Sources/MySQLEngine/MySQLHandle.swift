internal import CMariaDB
internal import Tenancy

/// Runs statements on a connection, blocking the thread that it is called on.
///
/// `@unchecked Sendable`: `BlockingCalls` lets one call at a time use it.
final class MySQLHandle: ServerSession, @unchecked Sendable {
    private struct Prepared {
        let statement: MySQLStatement
        let kind: MySQLGuardian.Kind
    }

    let link: MySQLLink
    let stopper: MySQLStopper
    private let role: ConnectionRole
    private let cacheSize: Int
    private var statements = LRUCache<String, Prepared>()
    /// What single statements may do, as the session was told last.
    private var mode = Access.write
    /// Whether the server undid the transaction, which the caller does not know yet.
    private var isTransactionLost = false

    init(_ link: MySQLLink, stopper: MySQLStopper, role: ConnectionRole, cacheSize: Int) {
        self.link = link
        self.stopper = stopper
        self.role = role
        self.cacheSize = cacheSize
    }

    deinit { close() }

    var isConnected: Bool? { link.socket.isQuiet }

    static func translated(_ error: any Error) -> any Error { (error as? MySQLFailure)?.tenancyError ?? error }

    /// May be repeated; nothing else may follow.
    func close() {
        // First, so that the server is not told of each statement.
        link.close()
        while let (_, prepared) = statements.popOldest() { prepared.statement.finalize() }
    }

    // MARK: Transactions

    /// For reading: REPEATABLE READ, whose state is that of this moment. For writing: the session's READ COMMITTED.
    func begin(_ access: Access) throws {
        guard !link.isInTransaction, !isTransactionLost else {
            throw TenancyError(.nestedTransaction, "A transaction is open already.", engine: .mysql)
        }
        guard access == .read else {
            // A change of the schema ends the transaction, and goes by the session's mode.
            if role != .user { try setMode(.write) }
            return try link.control("START TRANSACTION READ WRITE")
        }
        try link.control("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        try link.control("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    }

    func commit() throws {
        try refuseIfTransactionLost()
        try link.control("COMMIT")
    }

    func rollback() throws {
        if link.isInTransaction || isTransactionLost { try link.control("ROLLBACK") }
        isTransactionLost = false
    }

    private func refuseIfTransactionLost() throws {
        guard isTransactionLost else { return }
        throw TenancyError(
            .busy, "The server undid this transaction for another's sake. Begin it again.", engine: .mysql)
    }

    /// A deadlock undoes the whole transaction, and what follows would be committed by itself. A wait for a lock that
    /// took too long undoes the statement alone or, by the server's settings, the transaction: taken for the same.
    private func note(_ failure: MySQLFailure, wasInTransaction: Bool) {
        if wasInTransaction, [MySQLErrors.deadlock, MySQLErrors.lockWaitTimeout].contains(failure.number) {
            isTransactionLost = true
        }
    }

    // MARK: Statements

    /// - Parameter keepsRows: false for a statement that is run for its effect; its rows are read and dropped.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        let kind = statements.peek(statement.sql)?.kind ?? MySQLGuardian.kind(of: statement.sql)
        try MySQLGuardian.check(kind, role: role, access: limits.access)
        try refuseIfTransactionLost()
        var parameters = try MySQLParameters(statement.parameters)
        let wasInTransaction = link.isInTransaction
        do {
            try setMode(limits.access)
            do {
                return try perform(statement.sql, kind, &parameters, limits, keepsRows)
            } catch let failure as MySQLFailure
                where MySQLErrors.staleStatements.contains(failure.number) && kind != .writes
            {
                // A table has changed since the statement was prepared: once more, prepared anew.
                statements.remove(statement.sql)?.statement.finalize()
                return try perform(statement.sql, kind, &parameters, limits, keepsRows)
            }
        } catch let failure as MySQLFailure {
            note(failure, wasInTransaction: wasInTransaction)
            throw try named(failure)
        }
    }

    /// A login that has rights on tables, and none on the database, is told of every other name that it may not read
    /// it: where the database has no such table among those that the login may see, that is said instead.
    private func named(_ failure: MySQLFailure) throws -> MySQLFailure {
        guard let denied = failure.deniedTable, denied.database == nil || denied.database == link.database,
            try !link.tables().contains(denied.table)
        else { return failure }
        return MySQLFailure(number: MySQLErrors.tableMissing, state: failure.state, sql: failure.sql)
    }

    private func perform(
        _ sql: String, _ kind: MySQLGuardian.Kind, _ parameters: inout MySQLParameters, _ limits: StatementLimits,
        _ keepsRows: Bool
    ) throws -> StatementOutcome {
        let statement = try prepare(sql, kind)
        // Not before: a statement that is wrong is to be told so.
        guard limits.access == .write || kind != .writes else { throw MySQLGuardian.readOnly }
        defer { statement.reset() }
        try statement.execute(&parameters)
        var outcome = StatementOutcome()
        guard statement.hasRows else {
            outcome.changes = statement.changes
            outcome.lastInsertID = statement.lastInsertID
            return outcome
        }
        if keepsRows {
            (outcome.columns, outcome.cells) = try statement.readRows(limits, killingBy: stopper.stop)
        } else {
            let rows = try statement.skipRows()
            // Those of RETURNING.
            if kind == .writes { outcome.changes = rows }
        }
        return outcome
    }

    private func prepare(_ sql: String, _ kind: MySQLGuardian.Kind) throws -> MySQLStatement {
        if let cached = statements.use(sql) { return cached.statement }
        let statement = try MySQLStatement(sql, on: link.pointer)
        statements.set(Prepared(statement: statement, kind: kind), for: sql)
        if statements.count > cacheSize { statements.popOldest()?.value.statement.finalize() }
        return statement
    }

    /// Has the server itself refuse writes outside a transaction, which says for itself what it may do.
    private func setMode(_ access: Access) throws {
        guard mode != access, !link.isInTransaction else { return }
        try link.control("SET SESSION TRANSACTION \(access == .read ? "READ ONLY" : "READ WRITE")")
        mode = access
    }

    // MARK: The engine's own statements

    /// Runs the engine's own work, which may write.
    func administer<Result>(_ body: (MySQLLink) throws -> Result) throws -> Result {
        try setMode(.write)
        return try body(link)
    }
}
