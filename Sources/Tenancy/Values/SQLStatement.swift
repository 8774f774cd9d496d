/// SQL text with `?` where a parameter goes, and the parameters in that order.
///
/// Parameters are always bound by the engine and never pasted into the text. Text that is the same from call to call
/// is prepared once for each connection.
public struct SQLStatement: Sendable {
    public let sql: String
    public let parameters: [SQLValue]

    public init(_ sql: String, _ parameters: [SQLValue] = []) {
        self.sql = sql
        self.parameters = parameters
    }

    /// So many `?` with commas between, for a list of parameters.
    package static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
}

extension SQLStatement: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) { self.init(value) }
}
