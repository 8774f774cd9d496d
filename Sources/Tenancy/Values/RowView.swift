/// A row as the engine holds it, valid only in the call that it is given to: reading it copies nothing that is not asked for.
package protocol RowView {
    /// The value in a column, copied.
    func value(at index: Int) -> SQLValue
    /// The whole number in a column; nil for anything else.
    func integer(at index: Int) -> Int64?
    /// Lends the bytes of the text in a column, in UTF-8.
    /// - Returns: false if it holds no text; the body has not run then.
    func withText(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool
}

/// A connection that shows rows without copying them first, where that is quickly done.
package protocol VisitingConnection: DatabaseConnection {
    /// Runs a short query and shows each of its rows.
    /// - Returns: false where it is not known to be short, or was given up half way: then it is to be run in the usual way,
    ///   and what came of the rows that were shown is to be forgotten.
    func visitIfShort(
        _ statement: SQLStatement, limits: StatementLimits, _ body: (any RowView) throws -> Void
    ) throws -> Bool
}

extension Row: RowView {
    package func value(at index: Int) -> SQLValue { self[index] }

    package func integer(at index: Int) -> Int64? { self[index].integer }

    package func withText(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool {
        guard var text = self[index].text else { return false }
        text.withUTF8(body)
        return true
    }
}
