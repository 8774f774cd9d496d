internal import CSQLite
internal import CSQLiteBounds
internal import Foundation
internal import Tenancy

/// A `sqlite3` connection with its prepared statements. Calls block; ``SQLiteBox`` ensures that one thread uses it at
/// a time.
final class SQLiteHandle {
    /// The largest result of a short query.
    static let maxShortBytes = 128 * 1024
    static let commit = "COMMIT"

    let pointer: OpaquePointer
    private let policy: SQLiteStatementPolicy
    private let cacheSize: Int
    private var cache = LRUCache<String, SQLiteStatement>()
    /// Transaction control statements, cached apart: the authorizer is called only when a statement is prepared, so a
    /// caller's own `COMMIT` must never find ours.
    private var controls: [String: SQLiteStatement] = [:]
    private(set) var isBroken = false
    /// Held until the connection is closed.
    private var share: SQLiteOpenFiles.Share?
    /// The account of the connection's temporary files and of its statements' memory; nil for maintenance, which has no
    /// limit.
    private var account: OpaquePointer?

    /// Opens an existing file.
    /// - Parameter isImmutable: for reading a file that nobody writes; leaves no log beside it.
    init(
        path: String, role: ConnectionRole, isImmutable: Bool = false, options: SQLiteEngine.Options,
        files: SQLiteOpenFiles = SQLiteOpenFiles(), slowStatements: SlowStatements? = nil, time: any TimeSource
    ) throws {
        let path = try SQLitePath.resolved(path)
        precondition(SQLiteSharedIndex.isGuarded, "the unix VFS of SQLite 3.7.6 and newer takes system calls")
        var opened: OpaquePointer?
        let common = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE
        let code =
            isImmutable
            ? sqlite3_open_v2(
                Self.immutableURI(path), &opened, common | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, UNIFY_SQLITE_VFS)
            : sqlite3_open_v2(path, &opened, common | SQLITE_OPEN_READWRITE, UNIFY_SQLITE_VFS)
        guard code == SQLITE_OK, let opened else {
            let number = opened.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close(opened)
            let fileError = SQLiteFile(path: path).openingFailure(number)
            throw code & 0xFF == SQLITE_CANTOPEN ? fileError : SQLiteErrors.error(code, on: nil, sql: nil)
        }
        pointer = opened
        cacheSize = options.statementCacheSize
        account =
            role == .maintenance
            ? nil
            : unify_sqlite_account_open(Int64(options.maxStatementMemoryBytes), Int64(options.maxTemporaryBytes))
        policy = SQLiteStatementPolicy(
            role: role, account: account, busyLimit: options.busyLimit, slowStatements: slowStatements, time: time)
        share = files.begin(path)
        do {
            guard !hasMoved else {
                throw Self.movedFailure("The database file was replaced while it was being opened.")
            }
            // SQLite falls back to read-only mode, and would leave an index beside the file that nobody may write.
            guard isImmutable || sqlite3_db_readonly(pointer, "main") == 0 else {
                throw SQLiteErrors.error(SQLITE_READONLY, on: nil, sql: nil)
            }
            // Waiting comes first: a closing connection locks the file briefly, and another one that opens it must
            // wait. The authorizer comes last, because it refuses the statements below.
            policy.installWaiting(on: pointer)
            policy.begin(SQLiteCancellation().makeFirmTicket(), timeLimit: options.busyLimit)
            defer { policy.end() }
            try harden(role)
            if !isImmutable { try configure(options) }
            let code = SQLiteSearch.install(on: pointer)
            guard code == SQLITE_OK else { throw SQLiteErrors.error(code, on: pointer, sql: nil) }
            policy.installAuthorizer(on: pointer)
        } catch {
            sqlite3_close(pointer)
            if let account { unify_sqlite_account_close(account) }
            throw error
        }
    }

    /// sqlite.org/uri.html.
    private static func immutableURI(_ path: String) -> String {
        let plain = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
        // A path that cannot be encoded is reported as not found, like any other.
        return "file:\(path.addingPercentEncoding(withAllowedCharacters: plain) ?? "")?immutable=1"
    }

    /// Limits on one statement (sqlite.org/limits.html).
    private static let limits: [(Int32, Int32)] = [
        (SQLITE_LIMIT_LENGTH, 16 * 1024 * 1024), (SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024), (SQLITE_LIMIT_COLUMN, 500),
        (SQLITE_LIMIT_EXPR_DEPTH, 200), (SQLITE_LIMIT_COMPOUND_SELECT, 100), (SQLITE_LIMIT_VDBE_OP, 1_000_000),
        (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4000), (SQLITE_LIMIT_TRIGGER_DEPTH, 32), (SQLITE_LIMIT_ATTACHED, 0),
        (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]

    private func harden(_ role: ConnectionRole) throws {
        for (limit, value) in Self.limits { sqlite3_limit(pointer, limit, value) }
        for (option, isOn) in [
            (SQLITE_DBCONFIG_DEFENSIVE, true), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (SQLITE_DBCONFIG_ENABLE_FKEY, true), (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false),
            (SQLITE_DBCONFIG_DQS_DML, false), (SQLITE_DBCONFIG_DQS_DDL, false),
            // A trigger planted in the file must not run with maintenance rights.
            (SQLITE_DBCONFIG_ENABLE_TRIGGER, role != .maintenance),
        ] {
            let code = unify_sqlite3_db_config_flag(pointer, option, isOn ? 1 : 0)
            guard code == SQLITE_OK else { throw SQLiteErrors.error(code, on: pointer, sql: nil) }
        }
    }

    private func configure(_ options: SQLiteEngine.Options) throws {
        let synchronous = options.durability == .full ? "FULL" : "NORMAL"
        let sql = "PRAGMA synchronous=\(synchronous); PRAGMA cache_size=-\(options.pageCacheKiB)"
        let code = sqlite3_exec(pointer, sql, nil, nil, nil)
        // If the file is not readable as a database, the first statement reports it with the right error.
        guard [SQLITE_OK, SQLITE_NOTADB, SQLITE_CORRUPT].contains(code & 0xFF) else {
            throw SQLiteErrors.error(code, on: pointer, sql: nil)
        }
        putLogBack()
    }

    /// Restores WAL mode. A file copied by `VACUUM INTO`, or whose log an operator removed, would make readers and
    /// writers wait for each other. The header shows the mode without a lock (sqlite.org/fileformat2.html, offset 18:
    /// 1 without a log, 2 with one).
    private func putLogBack() {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(pointer, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK, let file,
            let read = file.pointee.pMethods?.pointee.xRead
        else { return }
        var versions: [UInt8] = [0, 0]
        guard read(file, &versions, 2, 18) == SQLITE_OK, versions == [1, 1] else { return }
        // While others have the file open its mode cannot change; the next open tries again.
        sqlite3_exec(pointer, "PRAGMA journal_mode=WAL", nil, nil, nil)
    }

    /// Whether a transaction is open.
    var isInTransaction: Bool { sqlite3_get_autocommit(pointer) == 0 }

    /// Whether the open file is no longer the one at its path: it was removed or replaced.
    var hasMoved: Bool {
        var moved: Int32 = 0
        return sqlite3_file_control(pointer, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0
    }

    func close() {
        if hasMoved {
            // The log at the path may now belong to another file: closing must neither remove it nor record in its
            // index that it was copied into this file.
            var keepsLog: Int32 = 1
            sqlite3_file_control(pointer, "main", SQLITE_FCNTL_PERSIST_WAL, &keepsLog)
            _ = unify_sqlite3_db_config_flag(pointer, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        }
        while let (_, statement) = cache.popOldest() { statement.finalize() }
        for statement in controls.values { statement.finalize() }
        controls.removeAll()
        sqlite3_close_v2(pointer)
        if let account { unify_sqlite_account_close(account) }
        account = nil
        share = nil
    }

    /// Copies the database including its log into an empty file, page by page, which takes little memory.
    func copy(to path: String) throws {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            try SQLitePath.resolved(path), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
            nil)
        defer { sqlite3_close(opened) }
        guard code == SQLITE_OK, let opened else { throw SQLiteErrors.error(code, on: opened, sql: nil) }
        // An unfinished copy is discarded, so it needs no journal.
        sqlite3_exec(opened, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF", nil, nil, nil)
        guard let backup = sqlite3_backup_init(opened, "main", pointer, "main") else {
            throw SQLiteErrors.error(sqlite3_extended_errcode(opened), on: opened, sql: nil)
        }
        let step = sqlite3_backup_step(backup, -1)
        sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE else { throw SQLiteErrors.error(step, on: nil, sql: nil) }
    }

    // MARK: Statements

    func query(_ statement: SQLStatement, _ limits: StatementLimits, _ ticket: SQLiteCancellation.Ticket) throws
        -> ResultSet
    {
        try withStatement(statement, limits, ticket) { prepared in
            var rows = SQLiteRows(limits)
            while try step(prepared, statement, ticket) { try rows.take(from: prepared) }
            if !prepared.isReadOnly { try refuseIfMoved() }
            return rows.result(of: prepared)
        }
    }

    /// Runs an already prepared query, up to some thousand instructions and some bytes.
    /// - Returns: nil if it is not prepared, was long last time, or is too long now.
    func queryIfShort(_ statement: SQLStatement, _ limits: StatementLimits) throws -> ResultSet? {
        var rows = SQLiteRows(limits)
        let last = try runIfShort(statement) { prepared in
            try rows.take(from: prepared)
            return rows.bytes <= Self.maxShortBytes
        }
        return last.map { rows.result(of: $0) }
    }

    /// The same, passing each row to the body.
    /// - Returns: false if the query was not run to its end.
    func visitIfShort(_ statement: SQLStatement, _ body: (any RowView) throws -> Void) throws -> Bool {
        var view: SQLiteRowView?
        return try runIfShort(statement) { prepared in
            let row = view ?? SQLiteRowView(prepared)
            view = row
            try body(row)
            return row.bytes <= Self.maxShortBytes
        } != nil
    }

    /// - Parameter onRow: returns whether to continue.
    /// - Returns: nil if the query was not run to its end.
    private func runIfShort(
        _ statement: SQLStatement, onRow: (SQLiteStatement) throws -> Bool
    ) throws -> SQLiteStatement? {
        guard let prepared = cache.use(statement.sql), prepared.isReadOnly, prepared.maybeShort() else { return nil }
        policy.beginShort()
        defer {
            prepared.reset()
            policy.end()
        }
        try prepared.bind(statement.parameters)
        while true {
            let code = sqlite3_step(prepared.pointer)
            switch code & 0xFF {
            case SQLITE_ROW: if try onRow(prepared) { continue }
            case SQLITE_DONE: return prepared
            case SQLITE_INTERRUPT: break
            case SQLITE_BUSY: return nil
            default: throw failure(code, statement)
            }
            prepared.wasLong()
            return nil
        }
    }

    func execute(
        _ statement: SQLStatement, _ limits: StatementLimits, _ ticket: SQLiteCancellation.Ticket
    ) throws -> ExecutionResult {
        try withStatement(statement, limits, ticket) { prepared in
            let before = sqlite3_total_changes64(pointer)
            while try step(prepared, statement, ticket) {}
            if !prepared.isReadOnly || statement.sql == Self.commit { try refuseIfMoved() }
            let changed = sqlite3_total_changes64(pointer) != before
            return ExecutionResult(
                changes: changed ? Int(sqlite3_changes64(pointer)) : 0,
                lastInsertID: changed ? sqlite3_last_insert_rowid(pointer) : nil)
        }
    }

    /// Runs a transaction control statement, which the authorizer otherwise refuses.
    func control(_ sql: String, limits: StatementLimits, _ ticket: SQLiteCancellation.Ticket) throws {
        policy.allowsTransactionControl = true
        defer { policy.allowsTransactionControl = false }
        _ = try execute(SQLStatement(sql), limits, ticket)
    }

    private func withStatement<Result>(
        _ statement: SQLStatement, _ limits: StatementLimits, _ ticket: SQLiteCancellation.Ticket,
        _ body: (SQLiteStatement) throws -> Result
    ) throws -> Result {
        policy.begin(ticket, timeLimit: limits.timeLimit)
        defer { policy.end() }
        try policy.refuseIfStopped()
        let prepared = try prepare(statement.sql)
        guard limits.access == .write || prepared.isReadOnly else {
            throw TenancyError(
                .readOnlyLease, "A lease for reading was given a statement that writes.", engine: .sqlite,
                sql: statement.sql)
        }
        defer { prepared.reset() }
        try prepared.bind(statement.parameters)
        return try body(prepared)
    }

    private func prepare(_ sql: String) throws -> SQLiteStatement {
        if policy.allowsTransactionControl { return try prepareControl(sql) }
        if let cached = cache.use(sql) { return cached }
        let prepared = try SQLiteStatement(sql, on: pointer)
        cache.set(prepared, for: sql)
        if cache.count > cacheSize { cache.popOldest()?.value.finalize() }
        return prepared
    }

    private func prepareControl(_ sql: String) throws -> SQLiteStatement {
        if let kept = controls[sql] { return kept }
        let prepared = try SQLiteStatement(sql, on: pointer)
        controls[sql] = prepared
        return prepared
    }

    /// - Returns: whether there is a row.
    private func step(
        _ prepared: SQLiteStatement, _ statement: SQLStatement, _ ticket: SQLiteCancellation.Ticket
    ) throws -> Bool {
        let code = sqlite3_step(prepared.pointer)
        switch code & 0xFF {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case SQLITE_INTERRUPT:
            try policy.refuseIfStopped()
            throw TenancyError(.cancelled, "The statement was interrupted.", engine: .sqlite)
        case SQLITE_BUSY:
            try policy.refuseIfStopped()
        default: break
        }
        throw failure(code, statement)
    }

    /// Refuses writes to a file that was removed or replaced, because nobody would find them again.
    private func refuseIfMoved() throws {
        guard sqlite3_get_autocommit(pointer) != 0, hasMoved else { return }
        isBroken = true
        throw Self.movedFailure(
            "The database file was removed or replaced while it was open; what was written is lost.")
    }

    private static func movedFailure(_ what: String) -> TenancyError {
        TenancyError(.databaseMissing, "\(what) Try again.", engine: .sqlite)
    }

    private func failure(_ code: Int32, _ statement: SQLStatement) -> TenancyError {
        if [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_IOERR, SQLITE_CANTOPEN].contains(code & 0xFF) { isBroken = true }
        return SQLiteErrors.error(code, on: pointer, sql: statement.sql)
    }
}
