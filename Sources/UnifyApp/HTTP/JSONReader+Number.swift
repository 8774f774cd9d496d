extension JSONReader {
    /// A number: integers within 64 bits exactly, others as the nearest `Double`. A number that is out of its range,
    /// or longer than any field accepts, is still well-formed: it becomes infinity, which no field accepts.
    mutating func number() throws -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if take(UInt8(ascii: "0")) {
            guard !isAtDigit else { throw fault("a number must not begin with a zero", at: start) }
        } else {
            try skipDigits()
        }
        let isWhole = next != UInt8(ascii: ".") && next != UInt8(ascii: "e") && next != UInt8(ascii: "E")
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        guard position - start <= Self.maxNumberLength else { return .double(.infinity) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        return .double(Double(text) ?? .infinity)
    }

    var isAtDigit: Bool { next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }

    private mutating func skipDigits() throws {
        guard isAtDigit else { throw fault("a digit is missing") }
        while isAtDigit { position += 1 }
    }
}
