/// Reads the values of one row in column order, for code that wrote the query and knows that order.
///
/// Each method takes the next value, and throws ``TenancyError`` `unexpectedValue` if it has another type or is
/// missing.
public struct RowReader {
    private let row: Row
    private var position = 0

    public init(_ row: Row) { self.row = row }

    public mutating func integer() throws -> Int64 { try required { $0.integer } }
    public mutating func text() throws -> String { try required { $0.text } }
    public mutating func boolean() throws -> Bool { try required { $0.truth } }
    public mutating func timestamp() throws -> Timestamp { try required { $0.instant } }

    public mutating func optionalInteger() throws -> Int64? { try optional { $0.integer } }
    public mutating func optionalText() throws -> String? { try optional { $0.text } }
    public mutating func optionalTimestamp() throws -> Timestamp? { try optional { $0.instant } }

    private mutating func required<Value>(_ read: (SQLValue) -> Value?) throws -> Value {
        guard position < row.columns.count, let value = read(row[position]) else { throw unexpected() }
        position += 1
        return value
    }

    private mutating func optional<Value>(_ read: (SQLValue) -> Value?) throws -> Value? {
        guard position < row.columns.count else { throw unexpected() }
        if case .null = row[position] {
            position += 1
            return nil
        }
        return try required(read)
    }

    private func unexpected() -> TenancyError {
        .unexpectedValue(in: position < row.columns.count ? row.columns.names[position] : "number \(position + 1)")
    }
}

extension TenancyError {
    package static func unexpectedValue(in column: String) -> TenancyError {
        TenancyError(
            .unexpectedValue, "The column \(column) is missing or does not hold what was expected of it.")
    }
}

extension SQLValue {
    /// The integer; nil for any other type.
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The text; nil for any other type.
    package var text: String? { if case .text(let value) = self { value } else { nil } }

    /// A boolean, or an integer other than 0; nil for any other type.
    package var truth: Bool? {
        switch self {
        case .boolean(let value): value
        case .integer(let value): value != 0
        default: nil
        }
    }

    /// An instant, or text in RFC 3339; nil for any other type.
    package var instant: Timestamp? {
        switch self {
        case .timestamp(let value): value
        case .text(let value): Timestamp(rfc3339: value)
        default: nil
        }
    }
}
