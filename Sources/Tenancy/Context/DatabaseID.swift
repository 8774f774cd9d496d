/// The id of a user's database, wherever its copies are; never used for another one: a random UUID (RFC 9562, version 4).
public struct DatabaseID: Sendable, Hashable, CustomStringConvertible {
    /// The first and the last eight bytes.
    private let high: UInt64
    private let low: UInt64

    /// - Returns: nil unless the text is 36 characters of lower-case hexadecimal groups 8-4-4-4-12.
    public init?(_ text: String) {
        guard text.utf8.count == 36 else { return nil }
        var (high, low) = (UInt64(0), UInt64(0))
        for (index, byte) in text.utf8.enumerated() {
            if Self.isHyphen(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte), let digit = Hex.digit(byte) else {
                return nil
            }
            high = high << 4 | low >> 60
            low = low << 4 | UInt64(digit)
        }
        (self.high, self.low) = (high, low)
    }

    /// A new id.
    public static func random(using generator: inout some RandomNumberGenerator) -> DatabaseID {
        let (version, variant) = (UInt64(4) << 12, UInt64(0b10) << 62)
        return DatabaseID(
            high: generator.next() & ~0xF000 | version, low: generator.next() & ~(0b11 << 62) | variant)
    }

    public static func random() -> DatabaseID {
        var generator = SystemRandomNumberGenerator()
        return random(using: &generator)
    }

    private init(high: UInt64, low: UInt64) { (self.high, self.low) = (high, low) }

    /// The id as it is stored: 36 characters.
    public var text: String {
        String(unsafeUninitializedCapacity: 36) { characters in
            var digits = 0
            for index in 0..<36 {
                if Self.isHyphen(index) {
                    characters[index] = UInt8(ascii: "-")
                } else {
                    let half = digits < 16 ? high : low
                    characters[index] = Hex.digit(of: UInt8(truncatingIfNeeded: half >> (60 - 4 * (digits % 16))) & 0xF)
                    digits += 1
                }
            }
            return 36
        }
    }

    public var description: String { text }

    private static func isHyphen(_ index: Int) -> Bool { index == 8 || index == 13 || index == 18 || index == 23 }
}
