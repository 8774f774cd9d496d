/// One row of a ``ResultSet``.
public struct Row: Sendable {
    public let columns: ColumnNames
    let cells: ArraySlice<SQLValue>

    /// The value at a position, counted from 0. Traps if there is no such column.
    public subscript(index: Int) -> SQLValue { cells[cells.startIndex + index] }

    /// The value of the named column; nil if the result has no such column.
    public subscript(name: String) -> SQLValue? { columns.index(of: name).map { self[$0] } }

    /// The integer in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` if the column is missing, null or not an integer.
    public func integer(_ name: String) throws -> Int64 { try required(name, optionalInteger(name)) }

    /// The text in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` if the column is missing, null or not text.
    public func text(_ name: String) throws -> String { try required(name, optionalText(name)) }

    /// The instant in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` if the column is missing, null or not an instant.
    public func timestamp(_ name: String) throws -> Timestamp { try required(name, optionalTimestamp(name)) }

    /// The boolean in a column; an integer counts as true unless it is 0.
    /// - Throws: ``TenancyError`` `unexpectedValue` if the column is missing, null or neither.
    public func boolean(_ name: String) throws -> Bool { try required(name, cell(name).truth) }

    /// The integer in a column; nil if null.
    public func optionalInteger(_ name: String) throws -> Int64? { try optional(name) { $0.integer } }

    /// The text in a column; nil if null.
    public func optionalText(_ name: String) throws -> String? { try optional(name) { $0.text } }

    /// The instant in a column; nil if null. Text is read as RFC 3339.
    public func optionalTimestamp(_ name: String) throws -> Timestamp? { try optional(name) { $0.instant } }

    private func cell(_ name: String) throws -> SQLValue {
        guard let value = self[name] else { throw TenancyError.unexpectedValue(in: name) }
        return value
    }

    private func optional<Value>(_ name: String, _ read: (SQLValue) -> Value?) throws -> Value? {
        let cell = try cell(name)
        return cell.isNull ? nil : try required(name, read(cell))
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw TenancyError.unexpectedValue(in: name) }
        return value
    }
}
