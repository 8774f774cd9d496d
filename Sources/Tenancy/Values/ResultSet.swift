/// The rows of a query, in order, with the names of their columns.
///
/// Cells are stored in one flat array, row after row; a ``Row`` is a view of its part.
public struct ResultSet: Sendable {
    public let columns: ColumnNames
    public private(set) var cells: [SQLValue]

    /// - Parameter cells: `columns.count` values for each row, row after row.
    public init(columns: ColumnNames, cells: [SQLValue]) {
        precondition(columns.count == 0 ? cells.isEmpty : cells.count % columns.count == 0, "a row is incomplete")
        self.columns = columns
        self.cells = cells
    }
}

extension ResultSet: RandomAccessCollection {
    public var startIndex: Int { 0 }
    public var endIndex: Int { columns.count == 0 ? 0 : cells.count / columns.count }

    public subscript(position: Int) -> Row {
        let start = position * columns.count
        return Row(columns: columns, cells: cells[start..<(start + columns.count)])
    }
}
