/// The names of a result's columns, shared by all its rows.
public final class ColumnNames: Sendable {
    public let names: [String]

    public init(_ names: [String]) { self.names = names }

    public var count: Int { names.count }

    /// The position of the first column with this name, or nil. As in SQL, the case of ASCII letters does not matter:
    /// PostgreSQL gives every name in lower case.
    public func index(of name: String) -> Int? {
        // Results are a few columns wide: comparing them in turn costs less than hashing the name.
        names.firstIndex(of: name) ?? names.firstIndex { Self.matches($0, name) }
    }

    private static func matches(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && left.utf8.elementsEqual(right.utf8) { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
