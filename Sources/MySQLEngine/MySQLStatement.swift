internal import CMariaDB
internal import Tenancy

/// A prepared statement. Belongs to its connection; used on one thread at a time.
final class MySQLStatement {
    /// How many rows of a too large result to read and drop before killing the query instead.
    private static let rowsWorthReading = 100

    let pointer: UnsafeMutablePointer<MYSQL_STMT>
    let sql: String
    private let connection: UnsafeMutablePointer<MYSQL>
    private var columns: MySQLColumns?
    /// The code of the last call to the server.
    private var code: Int32 = 0

    init(_ sql: String, on connection: UnsafeMutablePointer<MYSQL>) throws {
        guard let pointer = mysql_stmt_init(connection) else { throw MySQLErrors.error(on: connection, sql: sql) }
        var text = sql
        let code = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { mysql_stmt_prepare(pointer, $0.baseAddress, UInt($0.count)) }
        }
        guard code == 0 else {
            let failure = MySQLErrors.error(in: pointer, sql: sql)
            mysql_stmt_close(pointer)
            throw failure
        }
        self.pointer = pointer
        self.sql = sql
        self.connection = connection
    }

    /// Frees the statement, even if its connection is already closed.
    func finalize() { mysql_stmt_close(pointer) }

    /// Sends the statement with its parameters and waits for the beginning of the answer.
    func execute(_ parameters: inout MySQLParameters) throws {
        try bind(&parameters) { code = mysql_stmt_execute(pointer) }
        try check()
    }

    private func bind(_ parameters: inout MySQLParameters, _ body: () -> Void) throws {
        let count = Int(mysql_stmt_param_count(pointer))
        guard count == parameters.count else {
            throw TenancyError(
                .invalidStatement, "The statement takes \(count) parameters; \(parameters.count) were given.",
                engine: .mysql)
        }
        let isBound = parameters.withBinds { binds in
            guard count == 0 || mysql_stmt_bind_param(pointer, binds) == 0 else { return false }
            body()
            return true
        }
        guard isBound else { throw failure }
    }

    private func check() throws { if code != 0 { throw failure } }

    var hasRows: Bool { mysql_stmt_field_count(pointer) > 0 }

    /// The number of rows that a statement without a result changed.
    var changes: Int { Int(exactly: mysql_stmt_affected_rows(pointer)) ?? 0 }

    var lastInsertID: Int64? {
        let id = mysql_stmt_insert_id(pointer)
        return id == 0 ? nil : Int64(exactly: id)
    }

    /// Reads a result to its end.
    func read(_ rows: inout MySQLRows) throws {
        while try fetch() { try rows.add(rowOf: pointer) }
    }

    /// Discards the rest of a result.
    /// - Parameter kill: makes the server end the query; called if much of the result is left.
    func leaveRows(killingBy kill: () -> Void) {
        guard code == 0 || code == MYSQL_DATA_TRUNCATED, hasRows else { return }
        var left = Self.rowsWorthReading
        while left > 0, mysql_stmt_fetch(pointer) != MYSQL_NO_DATA, mysql_stmt_errno(pointer) == 0 { left -= 1 }
        if left == 0 { kill() }
    }

    /// Starts collecting the result's rows.
    func rows(_ limits: StatementLimits, keepsRows: Bool) throws -> MySQLRows {
        let columns = try currentColumns()
        guard columns.bind(to: pointer) else { throw failure }
        return MySQLRows(columns: columns, limits: limits, keepsRows: keepsRows)
    }

    // MARK: Without waiting

    /// What a call waits for: `MYSQL_WAIT_READ`, `MYSQL_WAIT_WRITE`, or 0 if it is done.
    typealias Wait = Int32

    /// Begins ``execute(_:)`` without blocking.
    func startExecuting(_ parameters: inout MySQLParameters) throws -> Wait {
        var wait: Wait = 0
        // The parameters' bytes are copied into the message before any of it is sent.
        try bind(&parameters) { wait = mysql_stmt_execute_start(&code, pointer) }
        if wait == 0 { try check() }
        return wait
    }

    /// Continues after the wait.
    func resumeExecuting(after wait: Wait) throws -> Wait {
        let wait = mysql_stmt_execute_cont(&code, pointer, wait)
        if wait == 0 { try check() }
        return wait
    }

    /// Begins fetching the next row without blocking; call ``hasRow()`` when it is done.
    func startFetching() -> Wait { mysql_stmt_fetch_start(&code, pointer) }

    func resumeFetching(after wait: Wait) -> Wait { mysql_stmt_fetch_cont(&code, pointer, wait) }

    /// Whether there was a row to fetch.
    func hasRow() throws -> Bool {
        switch code {
        case 0, MYSQL_DATA_TRUNCATED: return true
        case MYSQL_NO_DATA: return false
        default: throw failure
        }
    }

    /// Whether another result follows, for which ``reset()`` would wait.
    var hasMoreResults: Bool { mysql_stmt_more_results(pointer) != 0 }

    /// Readies the statement and its connection for the next use.
    func reset() {
        mysql_stmt_free_result(pointer)
        // A procedure's results end with its status.
        while mysql_stmt_more_results(pointer) != 0, mysql_stmt_next_result(pointer) == 0 {
            mysql_stmt_free_result(pointer)
        }
    }

    // MARK: Rows

    private func currentColumns() throws -> MySQLColumns {
        // The connection's fields are those of the last statement; a statement's own keep their names from when it
        // was prepared.
        guard let first = connection.pointee.fields else {
            throw TenancyError(.internalFailure, "Connector/C told no columns of a result.", engine: .mysql)
        }
        let fields = UnsafeBufferPointer(start: first, count: Int(mysql_stmt_field_count(pointer)))
        if let columns, columns.matches(fields) { return columns }
        let new = try MySQLColumns(fields)
        columns = new
        return new
    }

    /// - Returns: whether there is a row.
    private func fetch() throws -> Bool {
        code = mysql_stmt_fetch(pointer)
        return try hasRow()
    }

    private var failure: MySQLFailure { MySQLErrors.error(in: pointer, sql: sql) }
}
