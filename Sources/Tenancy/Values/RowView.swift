/// A row in the engine's memory, valid only during the call that receives it; reading copies only what is read.
package protocol RowView {
    /// The value in a column, copied.
    func value(at index: Int) -> SQLValue
    /// The integer in a column; nil for any other type.
    func integer(at index: Int) -> Int64?
    /// Lends the bytes of the text in a column, in UTF-8.
    /// - Returns: false if it contains no text; the body has not run then.
    func withText(at index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) -> Bool
}

/// A connection that can pass rows to a visitor without copying them, for short queries.
package protocol VisitingConnection: DatabaseConnection {
    /// Runs a short query and passes each of its rows to the visitor.
    /// - Returns: false if the query is not known to be short, or was abandoned half-way. Run it in the usual way
    ///   then, and discard the results of the rows passed so far.
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
