internal import CSQLite
internal import Tenancy

/// A view of a statement's current row.
final class SQLiteRowView: RowView {
    private let statement: SQLiteStatement
    /// Bytes of text that were read.
    private(set) var bytes = 0

    init(_ statement: SQLiteStatement) { self.statement = statement }

    func value(at index: Int) -> SQLValue {
        statement.value(at: Int32(index), counting: &bytes, upTo: .max) ?? .null
    }

    func integer(at index: Int) -> Int64? {
        guard sqlite3_column_type(statement.pointer, Int32(index)) == SQLITE_INTEGER else { return nil }
        return sqlite3_column_int64(statement.pointer, Int32(index))
    }

    func withText(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        let index = Int32(index)
        guard sqlite3_column_type(statement.pointer, index) == SQLITE_TEXT,
            let text = sqlite3_column_text(statement.pointer, index)
        else { return false }
        let count = Int(sqlite3_column_bytes(statement.pointer, index))
        bytes += count
        body(UnsafeBufferPointer(start: text, count: count))
        return true
    }
}
