internal import CPostgreSQL
internal import Tenancy

/// Runs statements on a connection. Blocks the calling thread, except in ``start(_:_:keepsRows:)`` and ``resume()``.
///
/// `@unchecked Sendable`: `CallScheduler` lets one call at a time use it.
final class PostgreSQLHandle: ServerSession, @unchecked Sendable {
    private struct Prepared {
        let name: String
        let kind: StatementKind
        /// Known after the first run.
        var columns: ColumnNames?
    }

    private struct StatementKey: Hashable {
        let sql: String
        let types: [Oid]
    }

    /// A statement that was sent, and its progress.
    private struct Running {
        let key: StatementKey
        let parameters: PostgreSQLParameters
        let prepared: Prepared
        /// Whether it was sent between its own BEGIN and ROLLBACK.
        let isFramed: Bool
        /// The part of the frame that is being answered.
        var part = FramePart.begin
        var reader: PostgreSQLReader

        init(
            key: StatementKey, parameters: PostgreSQLParameters, prepared: Prepared, isFramed: Bool,
            limits: StatementLimits, keepsRows: Bool
        ) {
            (self.key, self.parameters, self.prepared, self.isFramed) = (key, parameters, prepared, isFramed)
            reader = PostgreSQLReader(sql: key.sql, limits: limits, keepsRows: keepsRows, columns: prepared.columns)
        }
    }

    /// The parts of a frame in the order in which they are sent, all at once.
    private enum FramePart {
        case begin, statement, rollback, sync
    }

    /// The frame around a reading statement, prepared once per connection: parsing it each time would take as long
    /// again.
    private static let frameWords = (begin: "unify_begin", rollback: "unify_rollback")

    /// What to do after a result was taken.
    private enum Step {
        case more, ended
        /// Stop: the result is so large that the rest is not worth sending.
        case cut
    }

    let link: PostgreSQLLink
    private let role: ConnectionRole
    private let cacheSize: Int
    private let disabledSafeguards: Set<Safeguard>
    private var statements = LRUCache<StatementKey, Prepared>()
    /// Prepared statements that left the cache but that the server still keeps.
    private var obsolete: [String] = []
    private var nextName = 0
    private var hasFrame = false
    /// The statement that ``resume()`` continues.
    private var running: Running?

    init(_ link: PostgreSQLLink, role: ConnectionRole, options: PostgreSQLEngine.Options) {
        self.link = link
        self.role = role
        cacheSize = options.statementCacheSize
        disabledSafeguards = options.disabledSafeguards
    }

    var isInTransaction: Bool { PQtransactionStatus(link.connection) != PQTRANS_IDLE }
    var isConnected: Bool? { link.socket.isQuiet }

    func close() { link.close() }

    // MARK: Statements

    func run(_ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool) throws -> StatementOutcome {
        let parameters = try PostgreSQLParameters(statement.parameters)
        let key = StatementKey(sql: statement.sql, types: parameters.types)
        if needsFrame(limits.access) { try prepareFrame() }
        let running = Running(
            key: key, parameters: parameters, prepared: try prepared(key, limits.access),
            isFramed: needsFrame(limits.access), limits: limits, keepsRows: keepsRows)
        try send(running)
        return try finish(running)
    }

    /// Already prepared statements are sent at once.
    func start(
        _ statement: SQLStatement, _ limits: StatementLimits, keepsRows: Bool
    ) throws -> StatementProgress {
        let parameters = try PostgreSQLParameters(statement.parameters)
        let key = StatementKey(sql: statement.sql, types: parameters.types)
        guard hasFrame || !needsFrame(limits.access), let prepared = statements.use(key),
            prepared.kind == .reads || limits.access == .write
        else {
            return .blocking { try self.run(statement, limits, keepsRows: keepsRows) }
        }
        let running = Running(
            key: key, parameters: parameters, prepared: prepared, isFramed: needsFrame(limits.access), limits: limits,
            keepsRows: keepsRows)
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
                switch try take(PQgetResult(link.connection), of: &running) {
                case .more: continue
                case .ended: return try end(running)
                case .cut:
                    let cut = running
                    return .blocking {
                        self.link.cancel()
                        return try self.finish(cut)
                    }
                }
            }
            reads = link.socket.hasNews ? link.readsPerNews : reads - 1
        } while reads > 0
        self.running = running
        return .waiting(link.socket)
    }

    private func end(_ running: Running) throws -> StatementProgress {
        // Cleaning up after a failure needs the server.
        guard running.reader.failure == nil else { return .blocking { try self.conclude(running) } }
        return .done(try outcome(of: running))
    }

    /// Whether a statement needs its own transaction. A reading statement gets one that cannot write and is rolled
    /// back at its end, whatever the statement was. All of it is sent at once, without an extra round trip.
    private func needsFrame(_ access: Access) -> Bool {
        access == .read && role != .maintenance && !isInTransaction
            && !disabledSafeguards.contains(.readOnlyTransactions)
    }

    private func send(_ running: Running) throws {
        guard running.isFramed else {
            try sendPrepared(running)
            guard PQsetSingleRowMode(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
            return
        }
        guard PQenterPipelineMode(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
        try sendWord(Self.frameWords.begin)
        try sendPrepared(running)
        try sendWord(Self.frameWords.rollback)
        guard PQpipelineSync(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
    }

    private func sendWord(_ name: String) throws {
        guard PQsendQueryPrepared(link.connection, name, 0, nil, nil, nil, 0) == 1 else {
            throw PostgreSQLErrors.brokenConnection
        }
    }

    private func prepareFrame() throws {
        guard !hasFrame else { return }
        for (name, sql) in [(Self.frameWords.begin, "BEGIN READ ONLY"), (Self.frameWords.rollback, "ROLLBACK")] {
            guard PQsendPrepare(link.connection, name, sql, 0, nil) == 1 else {
                throw PostgreSQLErrors.brokenConnection
            }
            try receiveEffect(of: sql)
        }
        hasFrame = true
    }

    private func sendPrepared(_ running: Running) throws {
        let sent = running.parameters.withPointers { values, lengths, formats in
            PQsendQueryPrepared(
                link.connection, running.prepared.name, Int32(running.key.types.count), values, lengths, formats, 0)
        }
        guard sent == 1 else { throw PostgreSQLErrors.brokenConnection }
    }

    /// - Parameter result: nil at the end of one statement's results.
    private func take(_ result: OpaquePointer?, of running: inout Running) throws -> Step {
        // A copy only ends by itself; give the connection up.
        if running.reader.isCopying {
            PQclear(result)
            throw running.reader.failure ?? PostgreSQLErrors.brokenConnection
        }
        guard running.isFramed else {
            guard let result else { return .ended }
            return running.reader.take(result) ? .cut : .more
        }
        guard let result else {
            try nextPart(of: &running)
            return .more
        }
        let status = PQresultStatus(result)
        if status == PGRES_PIPELINE_SYNC {
            PQclear(result)
            guard PQexitPipelineMode(link.connection) == 1 else { throw PostgreSQLErrors.brokenConnection }
            return .ended
        }
        guard running.part == .statement || status == PGRES_FATAL_ERROR else {
            PQclear(result)
            return .more
        }
        return running.reader.take(result) ? .cut : .more
    }

    private func nextPart(of running: inout Running) throws {
        guard PQstatus(link.connection) == CONNECTION_OK else {
            throw running.reader.failure ?? PostgreSQLErrors.brokenConnection
        }
        switch running.part {
        case .begin:
            running.part = .statement
            // Refused if the statement will not run because an earlier one failed.
            _ = PQsetSingleRowMode(link.connection)
        case .statement: running.part = .rollback
        case .rollback: running.part = .sync
        case .sync: throw PostgreSQLErrors.brokenConnection
        }
    }

    /// Receives the rest of a statement that was sent. Blocks.
    private func finish(_ running: Running) throws -> StatementOutcome {
        var running = running
        try receive(&running)
        return try conclude(running)
    }

    /// Cleans up after a statement whose results have all come, and returns its outcome. Blocks.
    private func conclude(_ running: Running) throws -> StatementOutcome {
        if running.isFramed { try endFailedFrame(of: running) }
        do {
            return try outcome(of: running)
        } catch let stale as PostgreSQLStalePlan {
            // Its table has changed since it was prepared.
            forget(running.key)
            guard !isInTransaction else { throw stale.error }
            // Nothing was done yet.
            var again = Running(
                key: running.key, parameters: running.parameters,
                prepared: try prepare(running.key, for: running.reader.limits.access),
                isFramed: running.isFramed, limits: running.reader.limits, keepsRows: running.reader.keepsRows)
            try send(again)
            try receive(&again)
            if again.isFramed { try endFailedFrame(of: again) }
            return try outcome(of: again)
        }
    }

    /// Reads the ROLLBACK that a failed statement has left unread.
    private func endFailedFrame(of running: Running) throws {
        guard isInTransaction else { return }
        do {
            try control("ROLLBACK")
        } catch {
            throw running.reader.failure ?? error
        }
    }

    private func outcome(of running: Running) throws -> StatementOutcome {
        if let failure = running.reader.failure { throw failure }
        if running.prepared.columns == nil, let columns = running.reader.columns {
            var prepared = running.prepared
            prepared.columns = columns
            statements.set(prepared, for: running.key)
        }
        return running.reader.outcome
    }

    /// Reads all results, so that the connection is free for the next statement.
    private func receive(_ running: inout Running) throws {
        try link.flush()
        while true {
            switch try take(try link.nextResult(), of: &running) {
            case .more: continue
            case .ended: return
            case .cut: link.cancel()
            }
        }
    }

    /// The same for the engine's own SQL.
    private func receive(into reader: inout PostgreSQLReader) throws {
        try link.flush()
        while let result = try link.nextResult() {
            if reader.take(result) { link.cancel() }
            if reader.isCopying { throw reader.failure ?? PostgreSQLErrors.brokenConnection }
        }
    }

    /// Runs the engine's own SQL.
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

    /// If a statement has failed before, PostgreSQL treats COMMIT as ROLLBACK and reports success; this checks for
    /// that.
    func commit() throws {
        guard PQtransactionStatus(link.connection) == PQTRANS_INERROR else { return try control("COMMIT") }
        try control("ROLLBACK")
        throw TenancyError(
            .invalidStatement, "A statement of this transaction had failed; nothing of it was written.",
            engine: .postgresql)
    }

    func rollback() throws { if isInTransaction { try control("ROLLBACK") } }

    // MARK: Preparing

    private func prepared(_ key: StatementKey, _ access: Access) throws -> Prepared {
        if let known = statements.use(key) {
            try check(known.kind, access)
            return known
        }
        return try prepare(key, for: access)
    }

    private func check(_ kind: StatementKind, _ access: Access) throws {
        if role == .user { try StatementPolicy.postgresql.check(kind, role: role, access: access) }
    }

    /// Only users' statements are classified; for other roles the server decides.
    private func kind(of sql: String) -> StatementKind {
        guard role == .user, !disabledSafeguards.contains(.statementPolicy) else { return .reads }
        return StatementPolicy.postgresql.kind(of: sql, role: role)
    }

    private func prepare(_ key: StatementKey, for access: Access) throws -> Prepared {
        let (sql, count) = SQLScanner.replacingMarks(in: key.sql, quoting: PostgreSQLDialect.quoting) { "$\($0 + 1)" }
        // The server reads the text with the numbers, not the one with the marks.
        let kind = kind(of: sql)
        try check(kind, access)
        guard count == key.types.count else {
            throw TenancyError(
                .invalidStatement, "The statement takes \(count) parameters; \(key.types.count) were given.",
                engine: .postgresql)
        }
        try dropObsolete()
        nextName += 1
        let prepared = Prepared(name: "u\(nextName)", kind: kind)
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
        // A failed transaction accepts no statement but its end.
        guard !obsolete.isEmpty, PQtransactionStatus(link.connection) != PQTRANS_INERROR else { return }
        try control(obsolete.map { "DEALLOCATE \($0)" }.joined(separator: "; "))
        obsolete = []
    }
}
