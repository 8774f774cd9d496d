internal import CMariaDB
internal import Tenancy

/// Collects the rows of one statement, within its limits.
struct MySQLRows {
    let columns: MySQLColumns
    let limits: StatementLimits
    /// False for a statement run for its effect; its rows are counted and dropped.
    let keepsRows: Bool
    private(set) var cells: [SQLValue] = []
    private(set) var count = 0
    private var bytes = 0

    init(columns: MySQLColumns, limits: StatementLimits, keepsRows: Bool) {
        (self.columns, self.limits, self.keepsRows) = (columns, limits, keepsRows)
    }

    /// Adds the current row.
    /// - Throws: ``TenancyError`` `resultTooLarge`.
    mutating func add(rowOf statement: UnsafeMutablePointer<MYSQL_STMT>) throws {
        count += 1
        guard keepsRows else { return }
        guard count <= limits.maxRows else { throw tooLarge("\(limits.maxRows) rows") }
        guard let size = try columns.append(rowOf: statement, to: &cells, bytesLeft: limits.maxBytes - bytes) else {
            throw tooLarge("\(limits.maxBytes) bytes")
        }
        bytes += size
    }

    private func tooLarge(_ bound: String) -> TenancyError {
        TenancyError(
            .resultTooLarge, "The result has more than \(bound). Ask for it in pages.", engine: .mysql)
    }
}
