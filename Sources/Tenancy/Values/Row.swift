/// One row of a ``ResultSet``.
public struct Row: Sendable {
    public let columns: ColumnNames
    let cells: ArraySlice<SQLValue>

    /// The value at a position, counted from 0. Traps where there is no such column.
    public subscript(index: Int) -> SQLValue { cells[cells.startIndex + index] }

    /// The value of the named column, or nil where the result has no such column.
    public subscript(name: String) -> SQLValue? { columns.index(of: name).map { self[$0] } }

    /// The number in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` where the column is missing, null or not a whole number.
    public func integer(_ name: String) throws -> Int64 { try required(name, optionalInteger(name)) }

    /// The text in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` where the column is missing, null or not text.
    public func text(_ name: String) throws -> String { try required(name, optionalText(name)) }

    /// The instant in a column.
    /// - Throws: ``TenancyError`` `unexpectedValue` where the column is missing, null or not an instant.
    public func timestamp(_ name: String) throws -> Timestamp { try required(name, optionalTimestamp(name)) }

    /// The truth in a column: a boolean, or a whole number that is not 0.
    /// - Throws: ``TenancyError`` `unexpectedValue` where the column is missing, null or neither.
    public func boolean(_ name: String) throws -> Bool {
        switch try cell(name) {
        case .boolean(let value): value
        case .integer(let value): value != 0
        default: throw unexpected(name)
        }
    }

    /// The number in a column, or nil where it is null.
    public func optionalInteger(_ name: String) throws -> Int64? {
        switch try cell(name) {
        case .null: nil
        case .integer(let value): value
        default: throw unexpected(name)
        }
    }

    /// The text in a column, or nil where it is null.
    public func optionalText(_ name: String) throws -> String? {
        switch try cell(name) {
        case .null: nil
        case .text(let value): value
        default: throw unexpected(name)
        }
    }

    /// The instant in a column, or nil where it is null. Text is read as RFC 3339.
    public func optionalTimestamp(_ name: String) throws -> Timestamp? {
        switch try cell(name) {
        case .null: return nil
        case .timestamp(let value): return value
        case .text(let value):
            guard let parsed = Timestamp(rfc3339: value) else { throw unexpected(name) }
            return parsed
        default: throw unexpected(name)
        }
    }

    private func cell(_ name: String) throws -> SQLValue {
        guard let value = self[name] else { throw unexpected(name) }
        return value
    }

    private func required<Value>(_ name: String, _ value: Value?) throws -> Value {
        guard let value else { throw unexpected(name) }
        return value
    }

    private func unexpected(_ name: String) -> TenancyError {
        TenancyError(.unexpectedValue, "The column \(name) is missing or does not hold what was expected of it.")
    }
}
