internal import Tenancy

extension JSONReader {
    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// A text, from its first quote to its last one.
    mutating func text() throws -> String {
        let start = position
        position += 1
        try skipPlain()
        if next == Self.quote {
            defer { position += 1 }
            return try checked(bytes[(start + 1)..<position], at: start)
        }
        var unescaped = Array(bytes[(start + 1)..<position])
        while !take(Self.quote) {
            position += 1
            try escape(into: &unescaped)
            let plain = position
            try skipPlain()
            unescaped += bytes[plain..<position]
        }
        return try checked(unescaped, at: start)
    }

    /// Goes to the next quote or backslash.
    private mutating func skipPlain() throws {
        while let byte = next {
            if byte == Self.quote || byte == Self.backslash { return }
            guard byte >= 0x20 else { throw fault("a control character in a text must be escaped") }
            position += 1
        }
        throw fault("a text does not end")
    }

    private func checked(_ bytes: some Sequence<UInt8>, at start: Int) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw fault("a text is not UTF-8", at: start)
        }
        return text
    }

    /// The rest of an escape after its backslash.
    private mutating func escape(into text: inout [UInt8]) throws {
        guard let letter = next else { throw fault("a text does not end") }
        position += 1
        switch letter {
        case Self.quote, Self.backslash, UInt8(ascii: "/"): text.append(letter)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += try scalar().utf8
        default: throw fault("an escape is none of JSON's", at: position - 2)
        }
    }

    /// The character of one `\u` escape, or of the two of a surrogate pair.
    private mutating func scalar() throws -> Unicode.Scalar {
        let start = position - 2
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(Self.backslash), take(UInt8(ascii: "u")),
            case let second = try hexadecimal(), (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
        else { throw fault("half of a surrogate pair is no character", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = next.flatMap(Hex.digit) else {
                throw fault("four hexadecimal digits must follow \\u")
            }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }
}
