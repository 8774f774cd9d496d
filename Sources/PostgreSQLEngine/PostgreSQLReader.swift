internal import CPostgreSQL
internal import Tenancy

/// Collects the rows of one statement, within its limits.
struct PostgreSQLReader {
    let sql: String
    let limits: StatementLimits
    let keepsRows: Bool
    /// The first failure; anything after it is dropped.
    private(set) var failure: (any Error)?
    private(set) var columns: ColumnNames?
    /// Whether the server is in copy mode, in which libpq returns no other result.
    private(set) var isCopying = false
    private var cells: [SQLValue] = []
    private var changes = 0
    private var rows = 0
    private var bytes = 0

    init(sql: String, limits: StatementLimits, keepsRows: Bool, columns: ColumnNames?) {
        self.sql = sql
        self.limits = limits
        self.keepsRows = keepsRows
        self.columns = columns
    }

    /// The outcome so far.
    var outcome: StatementOutcome {
        var outcome = StatementOutcome()
        outcome.columns = columns ?? outcome.columns
        outcome.cells = cells
        outcome.changes = changes
        return outcome
    }

    /// Takes a result and frees it.
    /// - Returns: whether the result is so large that the rest is not worth sending.
    mutating func take(_ result: OpaquePointer) -> Bool {
        defer { PQclear(result) }
        guard failure == nil else { return false }
        do {
            try read(result)
            return false
        } catch {
            failure = error
            return (error as? TenancyError)?.code == .resultTooLarge
        }
    }

    private mutating func read(_ result: OpaquePointer) throws {
        switch PQresultStatus(result) {
        case PGRES_SINGLE_TUPLE:
            nameColumns(of: result)
            if keepsRows { try addRow(result) }
        case PGRES_TUPLES_OK:
            nameColumns(of: result)
            noteChanges(result)
        case PGRES_COMMAND_OK: noteChanges(result)
        case PGRES_EMPTY_QUERY:
            throw TenancyError(.invalidStatement, "The statement is empty.", engine: .postgresql)
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            isCopying = true
            throw TenancyError(.notAuthorized, "COPY is not allowed here.", engine: .postgresql)
        default: throw PostgreSQLErrors.error(in: result, sql: sql)
        }
    }

    private mutating func nameColumns(of result: OpaquePointer) {
        guard columns == nil else { return }
        let names = (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
        columns = ColumnNames(names)
    }

    private mutating func noteChanges(_ result: OpaquePointer) {
        changes = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    private mutating func addRow(_ result: OpaquePointer) throws {
        rows += 1
        guard rows <= limits.maxRows else {
            throw TenancyError(
                .resultTooLarge, "The result has more than \(limits.maxRows) rows.", engine: .postgresql)
        }
        let decoder = PostgreSQLDecoder(row: result)
        for column in 0..<PQnfields(result) {
            let (value, size) = try decoder.cell(column)
            bytes += size
            guard bytes <= limits.maxBytes else {
                throw TenancyError(
                    .resultTooLarge, "The result has more than \(limits.maxBytes) bytes.", engine: .postgresql)
            }
            cells.append(value)
        }
    }
}
