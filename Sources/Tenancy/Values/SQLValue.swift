/// One value: a parameter of a statement or a cell of a row.
///
/// The cases are the types that every engine has. An engine without a native type for a case stores it as its dialect
/// says: SQLite stores a ``timestamp(_:)`` as RFC 3339 text of fixed width, so that text order is time order, and a
/// boolean as 0 or 1. Exact decimals, dates without a time, UUIDs and JSON are passed as ``text(_:)``.
public enum SQLValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case blob([UInt8])
    case timestamp(Timestamp)

    /// The text; `null` for nil.
    public static func optionalText(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }

    /// The integer; `null` for nil.
    public static func optionalInteger(_ value: Int64?) -> SQLValue { value.map(SQLValue.integer) ?? .null }

    /// The instant; `null` for nil.
    public static func optionalTimestamp(_ value: Timestamp?) -> SQLValue { value.map(SQLValue.timestamp) ?? .null }

    public var isNull: Bool { if case .null = self { true } else { false } }
}

extension SQLValue: ExpressibleByNilLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral
{
    public init(nilLiteral: ()) { self = .null }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(stringLiteral value: String) { self = .text(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}
