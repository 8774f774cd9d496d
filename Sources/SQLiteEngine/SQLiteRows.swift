internal import Tenancy

/// Collects a statement's rows, up to the limits of a result.
struct SQLiteRows {
    private let limits: StatementLimits
    private var columns: ColumnNames?
    private var cells: [SQLValue] = []
    private var count = 0
    private(set) var bytes = 0

    init(_ limits: StatementLimits) { self.limits = limits }

    /// Takes the statement's current row.
    /// - Throws: ``TenancyError`` `resultTooLarge`.
    mutating func take(from statement: SQLiteStatement) throws {
        let columns = columns ?? begin(statement)
        count += 1
        guard count <= limits.maxRows else { throw tooLarge("\(limits.maxRows) rows") }
        for index in 0..<Int32(columns.count) {
            guard let value = statement.value(at: index, counting: &bytes, upTo: limits.maxBytes) else {
                throw tooLarge("\(limits.maxBytes) bytes")
            }
            cells.append(value)
        }
    }

    func result(of statement: SQLiteStatement) -> ResultSet {
        ResultSet(columns: columns ?? statement.currentColumns(), cells: cells)
    }

    private mutating func begin(_ statement: SQLiteStatement) -> ColumnNames {
        let names = statement.currentColumns()
        columns = names
        cells.reserveCapacity(names.count)
        return names
    }

    private func tooLarge(_ bound: String) -> TenancyError {
        TenancyError(
            .resultTooLarge, "The result has more than \(bound). Ask for it in pages.", engine: .sqlite)
    }
}
