/// SQL text with a `?` for each parameter, and the parameters in that order.
///
/// Parameters are always bound by the engine and never pasted into the text. Text that stays the same is prepared
/// once for each connection.
public struct SQLStatement: Sendable {
    public let sql: String
    public let parameters: [SQLValue]

    public init(_ sql: String, _ parameters: [SQLValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }

    /// A comma-separated list of `?`, for a list of parameters.
    package static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
}

extension SQLStatement: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}
