/// The id of one physical database, never reused: a random UUID (RFC 9562, version 4) in lower case.
public struct DatabaseUUID: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// - Returns: nil unless the text is 36 characters of lower-case hexadecimal groups 8-4-4-4-12.
    public init?(_ text: String) {
        let isWritten = text.utf8.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default:
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
        }
        guard text.utf8.count == 36, isWritten else { return nil }
        self.text = text
    }

    /// A new id.
    public static func random(using generator: inout some RandomNumberGenerator) -> DatabaseUUID {
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        let groups = [hex[0..<4], hex[4..<6], hex[6..<8], hex[8..<10], hex[10..<16]]
        return DatabaseUUID(unchecked: groups.map { $0.joined() }.joined(separator: "-"))
    }

    public static func random() -> DatabaseUUID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(unchecked text: String) { self.text = text }

    public var description: String { text }
}
