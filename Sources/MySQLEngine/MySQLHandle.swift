internal import CMariaDB
internal import Tenancy

/// Runs statements on a connection. Blocks the calling thread, except in ``start(_:_:keepsRows:)`` and ``resume()``.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use it.
final class MySQLHandle: ServerSession, @unchecked Sendable {
    private struct Prepared {
        let statement: MySQLStatement
        let kind: StatementKind

        /// The statement's outcome.
        /// - Parameter rows: all of them; nil if there is no result.
        func outcome(with rows: MySQLRows?) -> StatementOutcome {
            var outcome = StatementOutcome()
            guard let rows else {
                outcome.changes = statement.changes
                outcome.lastInsertID = statement.lastInsertID
                return outcome
            }
            if rows.keepsRows {
                (outcome.columns, outcome.cells) = (rows.columns.names, rows.cells)
            } else if kind == .writes {
                // The rows of RETURNING.
                outcome.changes = rows.count
            }
            return outcome
        }
    }

    /// A statement that was sent without blocking, and its progress.
    private final class Running {
        let source: SQLStatement
        let prepared: Prepared
        let limits: StatementLimits
        let keepsRows: Bool
        let wasInTransaction: Bool
        private(set) var wait: MySQLStatement.Wait = 0
        /// Set once the result has begun.
        private(set) var rows: MySQLRows?

        init(
            source: SQLStatement, prepared: Prepared, limits: StatementLimits, keepsRows: Bool, wasInTransaction: Bool
        ) {
            (self.source, self.prepared) = (source, prepared)
            (self.limits, self.keepsRows, self.wasInTransaction) = (limits, keepsRows, wasInTransaction)
        }

        func start(_ parameters: inout MySQLParameters) throws {
            wait = try prepared.statement.startExecuting(&parameters)
            try beginRows()
        }

        func resume() throws {
            guard rows == nil else {
                wait = prepared.statement.resumeFetching(after: wait)
                return try takeRows()
            }
            wait = try prepared.statement.resumeExecuting(after: wait)
            try beginRows()
        }

        private func beginRows() throws {
            guard wait == 0, prepared.statement.hasRows else { return }
            rows = try prepared.statement.rows(limits, keepsRows: keepsRows)
            wait = prepared.statement.startFetching()
            try takeRows()
        }

        private func takeRows() throws {
            while wait == 0, try prepared.statement.hasRow() {
                try rows?.add(rowOf: prepared.statement.pointer)
                wait = prepared.statement.startFetching()
            }
        }
    }

    let link: MySQLLink
    let stopper: MySQLStopper
    private let role: ConnectionRole
    private let cacheSize: Int
    private let disabledSafeguards: Set<Safeguard>
    private var statements = LRUCache<String, Prepared>()
    /// What single statements may do, as last set in the session.
    private var mode = Access.write
    /// Whether the server rolled back the transaction and the caller does not know yet.
    private var isTransactionLost = false
    /// The statement that ``resume()`` continues.
    private var running: Running?

    init(_ link: MySQLLink, stopper: MySQLStopper, role: ConnectionRole, options: MySQLEngine.Options) {
        self.link = link
        self.stopper = stopper
        self.role = role
        cacheSize = options.statementCacheSize
        disabledSafeguards = options.disabledSafeguards
    }

    deinit { close() }

    var isConnected: Bool? { link.socket.isQuiet }

    static func translated(_ error: any Error) -> any Error { (error as? MySQLFailure)?.tenancyError ?? error }

    /// Idempotent; no other call may follow.
    func close() {
        // First, so that closing each statement sends nothing to the server.
        link.close()
        while let (_, prepared) = statements.popOldest() { prepared.statement.finalize() }
    }

    // MARK: Transactions

    /// For reading: REPEATABLE READ with a snapshot of this moment. For writing: the session's READ COMMITTED.
    func begin(_ access: Access) throws {
        guard !link.isInTransaction, !isTransactionLost else {
            throw TenancyError(.nestedTransaction, "A transaction is open already.", engine: .mysql)
        }
        guard access == .read else {
            // A schema change ends the transaction and then follows the session's mode.
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

    /// A deadlock rolls back the whole transaction, and later statements would be committed by themselves. A lock
    /// timeout rolls back the statement or, depending on the server's settings, the transaction; both are treated
    /// alike.
    private func note(_ failure: MySQLFailure, wasInTransaction: Bool) {
        if wasInTransaction, [MySQLErrors.deadlock, MySQLErrors.lockWaitTimeout].contains(failure.number) {
            isTransactionLost = true
        }
    }

    // MARK: Statements

    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        let kind = statements.peek(statement.sql)?.kind ?? kind(of: statement.sql)
        try StatementPolicy.mysql.check(kind, role: role, access: limits.access)
        try refuseIfTransactionLost()
        var parameters = try MySQLParameters(statement.parameters)
        let wasInTransaction = link.isInTransaction
        do {
            try setMode(limits.access)
            do {
                return try perform(statement.sql, kind, &parameters, limits, keepsRows)
            } catch let failure as MySQLFailure where Self.isStale(failure, kind) {
                forget(statement.sql)
                return try perform(statement.sql, kind, &parameters, limits, keepsRows)
            }
        } catch let failure as MySQLFailure {
            note(failure, wasInTransaction: wasInTransaction)
            throw try named(failure)
        }
    }

    private func kind(of sql: String) -> StatementKind {
        guard role != .user || !disabledSafeguards.contains(.statementPolicy) else { return .reads }
        return StatementPolicy.mysql.kind(of: sql, role: role)
    }

    /// Whether a read lease may run the statement: by its words and, for users, by the server's own view, in which
    /// statements that end a transaction, set the session or execute text have no columns.
    private func mayRead(_ prepared: Prepared) -> Bool {
        guard !disabledSafeguards.contains(.readOnlyTransactions) else { return true }
        return prepared.kind != .writes && (role != .user || prepared.statement.hasRows)
    }

    /// Whether a table has changed since the statement was prepared, so that it can be prepared and run again.
    private static func isStale(_ failure: MySQLFailure, _ kind: StatementKind) -> Bool {
        MySQLErrors.staleStatements.contains(failure.number) && kind != .writes
    }

    private func forget(_ sql: String) { statements.remove(sql)?.statement.finalize() }

    // MARK: Statements without blocking

    /// Sends a prepared statement at once if the session's mode allows it. Not over TLS, whose reads and writes block
    /// in Connector/C.
    func start(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementProgress {
        guard !link.isEncrypted, isInMode(limits.access), !isTransactionLost,
            let prepared = statements.use(statement.sql),
            limits.access == .write || mayRead(prepared)
        else { return .blocking { try self.run(statement, limits, keepsRows: keepsRows) } }
        try StatementPolicy.mysql.check(prepared.kind, role: role, access: limits.access)
        var parameters = try MySQLParameters(statement.parameters)
        let running = Running(
            source: statement, prepared: prepared, limits: limits, keepsRows: keepsRows,
            wasInTransaction: link.isInTransaction)
        self.running = running
        return proceed(running) { try running.start(&parameters) }
    }

    func resume() throws -> StatementProgress {
        guard let running else { throw Self.nothingBegun }
        return proceed(running) { try running.resume() }
    }

    private func proceed(_ running: Running, _ body: () throws -> Void) -> StatementProgress {
        do {
            try body()
        } catch {
            // Recovering from a failure may need the server.
            return .blocking { try self.recover(from: error) }
        }
        switch running.wait {
        case MYSQL_WAIT_READ: return .waiting(link.socket)
        case 0 where !running.prepared.statement.hasMoreResults: return .done(end(running))
        default: return .blocking { try self.finish() }
        }
    }

    /// Receives the rest of the server's answer. Blocks.
    private func finish() throws -> StatementOutcome {
        guard let running else { throw Self.nothingBegun }
        do {
            while running.wait != 0 {
                link.wait(forRoom: running.wait & MYSQL_WAIT_WRITE != 0)
                try running.resume()
            }
        } catch {
            return try recover(from: error)
        }
        return end(running)
    }

    private func end(_ running: Running) -> StatementOutcome {
        self.running = nil
        let outcome = running.prepared.outcome(with: running.rows)
        running.prepared.statement.reset()
        return outcome
    }

    private func recover(from error: any Error) throws -> StatementOutcome {
        guard let running else { throw error }
        self.running = nil
        running.prepared.statement.leaveRows(killingBy: stopper.stop)
        running.prepared.statement.reset()
        guard let failure = error as? MySQLFailure else { throw error }
        if Self.isStale(failure, running.prepared.kind) {
            forget(running.source.sql)
            return try run(running.source, running.limits, keepsRows: running.keepsRows)
        }
        note(failure, wasInTransaction: running.wasInTransaction)
        throw try named(failure)
    }

    /// To a login with privileges on tables but not on the database, the server denies access to unknown names. If no
    /// table of that name is visible to the login, report that it is missing instead.
    private func named(_ failure: MySQLFailure) throws -> MySQLFailure {
        guard let denied = failure.deniedTable, denied.database == nil || denied.database == link.database,
            try !link.tables().contains(denied.table)
        else { return failure }
        return MySQLFailure(number: MySQLErrors.tableMissing, state: failure.state, sql: failure.sql)
    }

    private func perform(
        _ sql: String, _ kind: StatementKind, _ parameters: inout MySQLParameters, _ limits: StatementLimits,
        _ keepsRows: Bool
    ) throws -> StatementOutcome {
        let prepared = try prepare(sql, kind)
        // Not before: a statement that is wrong should be reported as wrong.
        guard limits.access == .write || mayRead(prepared) else { throw StatementPolicy.mysql.readOnly }
        let statement = prepared.statement
        defer { statement.reset() }
        try statement.execute(&parameters)
        guard statement.hasRows else { return prepared.outcome(with: nil) }
        var rows = try statement.rows(limits, keepsRows: keepsRows)
        do {
            try statement.read(&rows)
        } catch {
            statement.leaveRows(killingBy: stopper.stop)
            throw error
        }
        return prepared.outcome(with: rows)
    }

    private func prepare(_ sql: String, _ kind: StatementKind) throws -> Prepared {
        if let cached = statements.use(sql) { return cached }
        let prepared = Prepared(statement: try MySQLStatement(sql, on: link.pointer), kind: kind)
        statements.set(prepared, for: sql)
        if statements.count > cacheSize { statements.popOldest()?.value.statement.finalize() }
        return prepared
    }

    /// Makes the server refuse writes outside a transaction; transactions set their own mode.
    private func setMode(_ access: Access) throws {
        guard !isInMode(access) else { return }
        try link.control("SET SESSION TRANSACTION \(access == .read ? "READ ONLY" : "READ WRITE")")
        mode = access
    }

    private func isInMode(_ access: Access) -> Bool {
        mode == access || link.isInTransaction || disabledSafeguards.contains(.readOnlyTransactions)
    }

    // MARK: The engine's own statements

    /// Runs the engine's own work, which may write.
    func administer<Result>(_ body: (MySQLLink) throws -> Result) throws -> Result {
        try setMode(.write)
        return try body(link)
    }
}
