/// The name of a table, column, database or login: a letter or `_`, followed by letters, digits and `_`; ASCII, at
/// most 63 characters (PostgreSQL's bound, the smallest of all engines).
public struct Identifier: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// - Returns: nil if the text breaks the rule.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard let first = bytes.first, bytes.count <= 63, Self.isLetter(first),
            bytes.allSatisfy({ Self.isLetter($0) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        self.text = text
    }

    init(unchecked text: String) { self.text = text }

    public var description: String { text }

    private static func isLetter(_ byte: UInt8) -> Bool {
        let upper = UInt8(ascii: "A")...UInt8(ascii: "Z")
        let lower = UInt8(ascii: "a")...UInt8(ascii: "z")
        return upper.contains(byte) || lower.contains(byte) || byte == UInt8(ascii: "_")
    }
}

extension Identifier: ExpressibleByStringLiteral {
    /// For literals. Traps if the text breaks the rule.
    public init(stringLiteral value: String) {
        guard let identifier = Identifier(value) else { preconditionFailure("not an identifier: \(value)") }
        self = identifier
    }
}
