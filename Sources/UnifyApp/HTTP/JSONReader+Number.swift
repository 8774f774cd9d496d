extension JSONReader {
    /// A number: whole ones that 64 bits hold as they are, others as the nearest one that `Double` has. One that is out of
    /// its range, or longer than any number that a field takes, is well-formed all the same: it is infinite, which no field
    /// takes.
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
