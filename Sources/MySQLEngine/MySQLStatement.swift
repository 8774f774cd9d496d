internal import CMariaDB
internal import Tenancy

/// A prepared statement. Belongs to its connection; used on one thread at a time.
final class MySQLStatement {
    /// Rows that are read and dropped after a result has turned out too large, before the query is killed instead.
    private static let rowsWorthReading = 100

    let pointer: UnsafeMutablePointer<MYSQL_STMT>
    let sql: String
    private let connection: UnsafeMutablePointer<MYSQL>
    private var columns: MySQLColumns?

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

    /// Frees the statement, also where its connection is closed already.
    func finalize() { mysql_stmt_close(pointer) }

    /// Sends the statement with its parameters.
    func execute(_ parameters: inout MySQLParameters) throws {
        let count = Int(mysql_stmt_param_count(pointer))
        guard count == parameters.count else {
            throw TenancyError(
                .invalidStatement, "The statement takes \(count) parameters; \(parameters.count) were given.",
                engine: .mysql)
        }
        let isDone = parameters.withBinds { binds in
            (count == 0 || mysql_stmt_bind_param(pointer, binds) == 0) && mysql_stmt_execute(pointer) == 0
        }
        guard isDone else { throw failure }
    }

    var hasRows: Bool { mysql_stmt_field_count(pointer) > 0 }

    /// How many rows a statement without a result changed.
    var changes: Int { Int(exactly: mysql_stmt_affected_rows(pointer)) ?? 0 }

    var lastInsertID: Int64? {
        let id = mysql_stmt_insert_id(pointer)
        return id == 0 ? nil : Int64(exactly: id)
    }

    /// Reads a result to its end.
    /// - Parameter kill: tells the server to end the query, called where much of the result is left over.
    func readRows(_ limits: StatementLimits, killingBy kill: () -> Void) throws -> (ColumnNames, [SQLValue]) {
        let columns = try currentColumns()
        guard columns.bind(to: pointer) else { throw failure }
        var cells: [SQLValue] = []
        var (rows, bytes) = (0, 0)
        while try fetch() {
            rows += 1
            guard rows <= limits.maxRows else { throw tooLarge("\(limits.maxRows) rows", kill) }
            guard
                let count = try columns.append(
                    rowOf: pointer, to: &cells, bytesLeft: limits.maxBytes - bytes)
            else { throw tooLarge("\(limits.maxBytes) bytes", kill) }
            bytes += count
        }
        return (columns.names, cells)
    }

    /// Reads a result to its end and drops it.
    /// - Returns: how many rows it had.
    func skipRows() throws -> Int {
        guard try currentColumns().bind(to: pointer) else { throw failure }
        var rows = 0
        while try fetch() { rows += 1 }
        return rows
    }

    /// Makes the statement and its connection ready for what comes next.
    func reset() {
        mysql_stmt_free_result(pointer)
        // A procedure's results end with one more, its status.
        while mysql_stmt_more_results(pointer) != 0, mysql_stmt_next_result(pointer) == 0 {
            mysql_stmt_free_result(pointer)
        }
    }

    // MARK: Rows

    private func currentColumns() throws -> MySQLColumns {
        // The connection's fields are those of the statement that ran last; the statement's own keep the names that
        // they had when it was prepared.
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
        switch mysql_stmt_fetch(pointer) {
        case 0, MYSQL_DATA_TRUNCATED: return true
        case MYSQL_NO_DATA: return false
        default: throw failure
        }
    }

    private func tooLarge(_ bound: String, _ kill: () -> Void) -> TenancyError {
        var left = Self.rowsWorthReading
        while left > 0, mysql_stmt_fetch(pointer) != MYSQL_NO_DATA, mysql_stmt_errno(pointer) == 0 { left -= 1 }
        if left == 0 { kill() }
        return TenancyError(
            .resultTooLarge, "The result has more than \(bound). Ask for it in pages.", engine: .mysql)
    }

    private var failure: MySQLFailure { MySQLErrors.error(in: pointer, sql: sql) }
}
