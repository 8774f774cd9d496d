/// The names of a result's columns, shared by all its rows.
public final class ColumnNames: Sendable {
    public let names: [String]

    public init(_ names: [String]) { self.names = names }

    public var count: Int { names.count }

    /// The position of the first column with this name; nil if there is none. As in SQL, ASCII case is ignored:
    /// PostgreSQL returns every name in lower case.
    public func index(of name: String) -> Int? {
        // Results have few columns: comparing the names in turn costs less than hashing.
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
