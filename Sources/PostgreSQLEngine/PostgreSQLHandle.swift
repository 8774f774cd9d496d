internal import CPostgreSQL
internal import Tenancy

/// Runs statements on a connection, blocking the thread that it is called on, but in ``start(_:_:keepsRows:)`` and
/// ``resume()``.
///
/// `@unchecked Sendable`: `ServerCalls` lets one call at a time use it.
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

    /// A statement that was sent, and what has come of it.
    private struct Running {
        let key: StatementKey
        let parameters: PostgreSQLParameters
        let prepared: Prepared
        var reader: PostgreSQLReader

        init(
            key: StatementKey, parameters: PostgreSQLParameters, prepared: Prepared, limits: StatementLimits,
            keepsRows: Bool
        ) {
            (self.key, self.parameters, self.prepared) = (key, parameters, prepared)
            reader = PostgreSQLReader(sql: key.sql, limits: limits, keepsRows: keepsRows, columns: prepared.columns)
        }
    }

    let link: PostgreSQLLink
    private let role: ConnectionRole
    private let cacheSize: Int
    private var statements = LRUCache<StatementKey, Prepared>()
    /// Prepared statements that left the cache and that the server still keeps.
    private var obsolete: [String] = []
    private var nextName = 0
    private var isReadOnly = false
    /// What ``resume()`` goes on with.
    private var running: Running?

    init(_ link: PostgreSQLLink, role: ConnectionRole, cacheSize: Int) {
        self.link = link
        self.role = role
        self.cacheSize = cacheSize
    }

    var isInTransaction: Bool { PQtransactionStatus(link.connection) != PQTRANS_IDLE }
    var isConnected: Bool? { link.socket.isQuiet }

    func close() { link.close() }

    // MARK: Statements

    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        try setMode(limits.access)
        let parameters = try PostgreSQLParameters(statement.parameters)
        let key = StatementKey(sql: statement.sql, types: parameters.types)
        let running = Running(
            key: key, parameters: parameters, prepared: try statements.use(key) ?? prepare(key),
            limits: limits, keepsRows: keepsRows)
        try send(running)
        return try finish(running)
    }

    /// What was prepared before, and may run in the session's mode, is sent at once.
    func start(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementProgress {
        let parameters = try PostgreSQLParameters(statement.parameters)
        let key = StatementKey(sql: statement.sql, types: parameters.types)
        guard isInMode(limits.access), let prepared = statements.use(key) else {
            return .blocking { try self.run(statement, limits, keepsRows: keepsRows) }
        }
        let running = Running(
            key: key, parameters: parameters, prepared: prepared, limits: limits, keepsRows: keepsRows)
        try send(running)
        guard try link.flushAtOnce() else { return .blocking { try self.finish(running) } }
        self.running = running
        return .waiting(link.socket)
    }

    func resume() throws -> StatementProgress {
        guard var running else { throw Self.nothingBegun }
        self.running = nil
        var reads = link.readsPerNews
        repeat {
            try link.receive()
            while !link.isBusy {
                guard let result = PQgetResult(link.connection) else { return try end(running) }
                guard running.reader.take(result) else { continue }
                let cut = running
                return .blocking {
                    self.link.cancel()
                    return try self.finish(cut)
                }
            }
            reads = link.socket.hasNews ? link.readsPerNews : reads - 1
        } while reads > 0
        self.running = running
        return .waiting(link.socket)
    }

    private func end(_ running: Running) throws -> StatementProgress {
        guard !(running.reader.failure is PostgreSQLStalePlan) else { return .blocking { try self.finish(running) } }
        return .done(try outcome(of: running))
    }

    private func send(_ running: Running) throws {
        let sent = running.parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(
                link.connection, running.prepared.name, Int32(running.key.types.count), values, lengths, formats, 0)
        }
        guard sent == 1, PQsetSingleRowMode(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
    }

    /// Receives what is left of a statement that was sent. Blocks.
    private func finish(_ running: Running) throws -> StatementOutcome {
        var running = running
        try receive(into: &running.reader)
        do {
            return try outcome(of: running)
        } catch let stale as PostgreSQLStalePlan {
            // Its table has changed since it was prepared.
            forget(running.key)
            guard !isInTransaction else { throw stale.error }
            // Nothing was done yet.
            var again = Running(
                key: running.key, parameters: running.parameters, prepared: try prepare(running.key),
                limits: running.reader.limits, keepsRows: running.reader.keepsRows)
            try send(again)
            try receive(into: &again.reader)
            return try outcome(of: again)
        }
    }

    private func outcome(of running: Running) throws -> StatementOutcome {
        if let failure = running.reader.failure { throw failure }
        if running.prepared.columns == nil, let columns = running.reader.columns {
            statements.set(Prepared(name: running.prepared.name, columns: columns), for: running.key)
        }
        return running.reader.outcome
    }

    /// Reads every result to its end, so that the connection is free for the next statement.
    private func receive(into reader: inout PostgreSQLReader) throws {
        try link.flush()
        while let result = try link.nextResult() {
            if reader.take(result) { link.cancel() }
        }
    }

    /// Runs SQL of the engine's own.
    func control(_ sql: String) throws {
        guard PQsendQuery(link.connection, sql) == 1 else { throw PostgreSQLErrors.brokenConnection }
        try receiveEffect(of: sql)
    }

    private func receiveEffect(of sql: String) throws {
        var reader = PostgreSQLReader(sql: sql, limits: StatementLimits(), keepsRows: false, columns: nil)
        try receive(into: &reader)
        if let failure = reader.failure { throw failure }
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

    /// Has the server itself refuse writes outside a transaction that says so.
    private func setMode(_ access: Access) throws {
        guard !isInMode(access) else { return }
        try control("SET default_transaction_read_only = \(access == .read ? "on" : "off")")
        isReadOnly = access == .read
    }

    private func isInMode(_ access: Access) -> Bool {
        role == .maintenance || isInTransaction || isReadOnly == (access == .read)
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
        try receiveEffect(of: key.sql)
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
