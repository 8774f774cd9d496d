internal import Synchronization
internal import Tenancy

/// Runs statements on a connection; blocks the calling thread.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use it; ``isConnected`` only reads atomics.
final class SQLServerHandle: ServerSession, @unchecked Sendable {
    private static let controlLimits = StatementLimits(timeLimit: .seconds(30))
    /// The most statements whose kind is cached.
    private static let cacheSize = 64

    /// A connection used this recently is assumed to be alive, so that not every lease costs a round trip.
    private static let trustTime: Duration = .milliseconds(500)

    let link: SQLServerLink
    private let time: any TimeSource
    /// Milliseconds of the monotonic clock.
    private let lastUse: Atomic<Int64>
    private let role: ConnectionRole
    private var kinds = LRUCache<String, StatementKind>()
    private var isInTransaction = false
    /// The access of the open transaction.
    private var access = Access.write
    /// The error that rolled back the transaction on the server, if the caller does not know yet.
    private var lostBy: TenancyError.Code?

    init(_ link: SQLServerLink, role: ConnectionRole, time: any TimeSource) {
        self.link = link
        self.time = time
        lastUse = Atomic(Self.milliseconds(time.monotonicNow))
        self.role = role
    }

    static func translated(_ error: any Error) -> any Error { (error as? SQLServerFailure)?.tenancyError ?? error }

    /// The driver does not expose its socket, so only the server can tell.
    var isConnected: Bool? {
        guard !link.isDead else { return false }
        let idle = Self.milliseconds(time.monotonicNow) - lastUse.load(ordering: .relaxed)
        return idle < Self.milliseconds(Self.trustTime) ? true : nil
    }

    func ping() throws { try control("SELECT 1 AS Answer") }

    private static func milliseconds(_ duration: Duration) -> Int64 { Int64(duration / .milliseconds(1)) }

    private func noteUse() { lastUse.store(Self.milliseconds(time.monotonicNow), ordering: .relaxed) }

    func close() { link.close() }

    // MARK: Transactions

    /// For reading: SNAPSHOT, with the state at the first query. For writing: READ COMMITTED.
    func begin(_ access: Access) throws {
        guard !isInTransaction else {
            throw TenancyError(.nestedTransaction, "A transaction is open already.", engine: .sqlserver)
        }
        let level = access == .read ? "SNAPSHOT" : "READ COMMITTED"
        try control("SET TRANSACTION ISOLATION LEVEL \(level); BEGIN TRANSACTION")
        isInTransaction = true
        self.access = access
    }

    func commit() throws {
        try refuseIfTransactionLost()
        // There are no read-only transactions: a read transaction is always rolled back.
        let end = access == .read ? "ROLLBACK" : "COMMIT"
        try control("\(end) TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        isInTransaction = false
    }

    func rollback() throws {
        if isInTransaction {
            try control(
                "IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        }
        isInTransaction = false
        lostBy = nil
    }

    /// Runs the engine's own SQL, which errors do not repeat: it may contain a password.
    func control(_ sql: String) throws {
        _ = try link.run(SQLStatement(sql), Self.controlLimits, keepsRows: false)
        noteUse()
    }

    private func refuseIfTransactionLost() throws {
        guard let lostBy else { return }
        throw TenancyError(
            lostBy == .busy ? .busy : .invalidStatement,
            "The server undid this transaction after an error. Begin it again.", engine: .sqlserver)
    }

    /// After an error that rolled back the transaction, later statements would be committed by themselves.
    private func noteLostTransaction(_ failure: SQLServerFailure) throws {
        guard isInTransaction, !link.isDead else { return }
        let sql: SQLStatement = "SELECT CAST(XACT_STATE() AS BIGINT) AS State"
        let outcome = try link.run(sql, Self.controlLimits, keepsRows: true)
        // 0: no transaction is open; -1: one that can only be rolled back.
        if outcome.cells != [.integer(1)] { lostBy = failure.tenancyError.code }
    }

    // MARK: Statements

    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        try StatementPolicy.sqlserver.check(kind(of: statement.sql), role: role, access: limits.access)
        try refuseIfTransactionLost()
        do {
            let outcome = try perform(statement, limits, keepsRows: keepsRows)
            noteUse()
            return outcome
        } catch var failure as SQLServerFailure {
            failure.sql = statement.sql
            try noteLostTransaction(failure)
            throw failure
        }
    }

    private func perform(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementOutcome {
        if !isInTransaction {
            if role == .user, limits.access == .read {
                return try inOwnTransaction {
                    try link.runStoppably(Self.undone(statement), limits, keepsRows: keepsRows)
                }
            }
            if kind(of: statement.sql) == .writes {
                return try inOwnTransaction { try committing(statement, limits, keepsRows: keepsRows) }
            }
        }
        return try link.runStoppably(statement, limits, keepsRows: keepsRows)
    }

    /// The server may report a statement as stopped that it had completed and, outside a transaction, committed. Only
    /// the statement can be stopped here, and its COMMIT cannot: what was stopped left nothing behind.
    private func committing(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementOutcome {
        let begun = SQLStatement("BEGIN TRANSACTION;\n\(statement.sql)", statement.parameters)
        let outcome = try link.runStoppably(begun, limits, keepsRows: keepsRows)
        try link.runFirmly("COMMIT TRANSACTION", limit: Self.controlLimits.timeLimit)
        return outcome
    }

    /// Runs a body that begins and ends a transaction.
    private func inOwnTransaction(_ body: () throws -> StatementOutcome) throws -> StatementOutcome {
        do {
            return try body()
        } catch {
            // An error that ended the batch early may have left the transaction open. If it cannot be rolled back
            // now, `reset()` gives the connection up.
            isInTransaction = true
            if !link.isDead { try rollback() }
            throw error
        }
    }

    /// A user's reading statement, rolled back at its end, whatever it was: SQL Server has no read-only sessions or
    /// transactions.
    ///
    /// On separate lines, because the statement may end in a comment. ROLLBACK is a reserved word that cannot become
    /// part of the statement.
    static func undone(_ statement: SQLStatement) -> SQLStatement {
        SQLStatement("BEGIN TRANSACTION;\n\(statement.sql)\nROLLBACK TRANSACTION", statement.parameters)
    }

    private func kind(of sql: String) -> StatementKind {
        if let known = kinds.use(sql) { return known }
        let kind = StatementPolicy.sqlserver.kind(of: sql, role: role)
        kinds.set(kind, for: sql)
        if kinds.count > Self.cacheSize { _ = kinds.popOldest() }
        return kind
    }
}
