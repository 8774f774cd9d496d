internal import CPostgreSQL
internal import Tenancy

/// Runs statements on a connection, blocking the thread that it is called on.
///
/// `@unchecked Sendable`: `BlockingCalls` lets one call at a time use it.
final class PostgreSQLHandle: ServerSession, @unchecked Sendable {
    private struct Prepared {
        let name: String
        /// Known when it has run once.
        var columns: ColumnNames?
    }

    private struct StatementKey: Hashable {
        let sql: String
        let types: [Oid]
    }

    let link: PostgreSQLLink
    private let role: ConnectionRole
    private let cacheSize: Int
    private var statements = LRUCache<StatementKey, Prepared>()
    /// Prepared statements that left the cache and that the server still keeps.
    private var obsolete: [String] = []
    private var nextName = 0
    private var isReadOnly = false

    init(_ link: PostgreSQLLink, role: ConnectionRole, cacheSize: Int) {
        self.link = link
        self.role = role
        self.cacheSize = cacheSize
    }

    var isInTransaction: Bool { PQtransactionStatus(link.connection) != PQTRANS_IDLE }
    var isConnected: Bool? { link.socket.isQuiet }

    func close() { link.close() }

    // MARK: Statements

    /// - Parameter keepsRows: false for a statement that is run for its effect; its rows are read and dropped.
    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        try setMode(limits.access)
        let parameters = try PostgreSQLParameters(statement.parameters)
        let key = StatementKey(sql: statement.sql, types: parameters.types)
        guard let prepared = statements.use(key) else {
            return try run(prepare(key), key, parameters, limits, keepsRows: keepsRows)
        }
        do {
            return try run(prepared, key, parameters, limits, keepsRows: keepsRows)
        } catch is PostgreSQLStalePlan where !isInTransaction {
            // Its table has changed since; nothing was done yet.
            forget(key)
            return try run(prepare(key), key, parameters, limits, keepsRows: keepsRows)
        } catch let stale as PostgreSQLStalePlan {
            forget(key)
            throw stale.error
        }
    }

    private func run(
        _ prepared: Prepared, _ key: StatementKey, _ parameters: PostgreSQLParameters, _ limits: StatementLimits,
        keepsRows: Bool
    ) throws -> StatementOutcome {
        let sent = parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(
                link.connection, prepared.name, Int32(parameters.types.count), values, lengths, formats, 0)
        }
        guard sent == 1, PQsetSingleRowMode(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
        try link.flush()
        var reader = PostgreSQLReader(limits: limits, keepsRows: keepsRows, columns: prepared.columns)
        try receive(into: &reader, sql: key.sql)
        if prepared.columns == nil, let columns = reader.columns {
            statements.set(Prepared(name: prepared.name, columns: columns), for: key)
        }
        var outcome = StatementOutcome()
        outcome.columns = reader.columns ?? outcome.columns
        outcome.cells = reader.cells
        outcome.changes = reader.changes
        return outcome
    }

    /// Runs SQL of the engine's own.
    func control(_ sql: String) throws {
        guard PQsendQuery(link.connection, sql) == 1 else { throw PostgreSQLErrors.brokenConnection }
        try link.flush()
        var reader = PostgreSQLReader(limits: StatementLimits(), keepsRows: false, columns: nil)
        try receive(into: &reader, sql: sql)
    }

    func begin(_ access: Access) throws {
        try control(
            access == .write
                ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    /// PostgreSQL takes COMMIT for ROLLBACK, and calls it a success, where a statement has failed before.
    func commit() throws {
        guard PQtransactionStatus(link.connection) == PQTRANS_INERROR else { return try control("COMMIT") }
        try control("ROLLBACK")
        throw TenancyError(
            .invalidStatement, "A statement of this transaction had failed; nothing of it was written.",
            engine: .postgresql)
    }

    func rollback() throws { if isInTransaction { try control("ROLLBACK") } }

    /// Reads every result to its end, so that the connection is free for the next statement, and then throws.
    private func receive(into reader: inout PostgreSQLReader, sql: String) throws {
        var failure: (any Error)?
        while let result = try link.nextResult() {
            defer { PQclear(result) }
            guard failure == nil else { continue }
            do {
                try reader.read(result, sql: sql)
            } catch {
                failure = error
                // The rest of a result that is too large is not worth sending.
                if (error as? TenancyError)?.code == .resultTooLarge { link.cancel() }
            }
        }
        if let failure { throw failure }
    }

    /// Has the server itself refuse writes outside a transaction that says so.
    private func setMode(_ access: Access) throws {
        guard role != .maintenance, !isInTransaction, isReadOnly != (access == .read) else { return }
        try control("SET default_transaction_read_only = \(access == .read ? "on" : "off")")
        isReadOnly = access == .read
    }

    // MARK: Preparing

    private func prepare(_ key: StatementKey) throws -> Prepared {
        let (sql, count) = SQLScanner.replacingMarks(in: key.sql, quoting: PostgreSQLDialect.quoting) { "$\($0 + 1)" }
        guard count == key.types.count else {
            throw TenancyError(
                .invalidStatement, "The statement takes \(count) parameters; \(key.types.count) were given.",
                engine: .postgresql)
        }
        if role == .user { try PostgreSQLGuardian.check(key.sql) }
        try dropObsolete()
        nextName += 1
        let prepared = Prepared(name: "u\(nextName)")
        guard PQsendPrepare(link.connection, prepared.name, sql, Int32(count), key.types) == 1 else {
            throw PostgreSQLErrors.brokenConnection
        }
        try link.flush()
        var reader = PostgreSQLReader(limits: StatementLimits(), keepsRows: false, columns: nil)
        try receive(into: &reader, sql: key.sql)
        statements.set(prepared, for: key)
        if statements.count > cacheSize, let old = statements.popOldest() { obsolete.append(old.value.name) }
        return prepared
    }

    private func forget(_ key: StatementKey) {
        if let old = statements.remove(key) { obsolete.append(old.name) }
    }

    private func dropObsolete() throws {
        // A failed transaction takes no statement but its end.
        guard !obsolete.isEmpty, PQtransactionStatus(link.connection) != PQTRANS_INERROR else { return }
        try control(obsolete.map { "DEALLOCATE \($0)" }.joined(separator: "; "))
        obsolete = []
    }
}
