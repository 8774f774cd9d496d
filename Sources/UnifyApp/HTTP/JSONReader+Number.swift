extension JSONReader {
    /// A number: whole ones that 64 bits hold as they are, others as the nearest one that `Double` has.
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
        guard position - start <= Self.maxNumberLength else {
            throw fault("a number is longer than \(Self.maxNumberLength) characters", at: start)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int64(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else { throw fault("a number is too large", at: start) }
        return .double(double)
    }

    var isAtDigit: Bool { next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }

    private mutating func skipDigits() throws {
        guard isAtDigit else { throw fault("a digit is missing") }
        while isAtDigit { position += 1 }
    }
}
