/// Names and values as forms and queries carry them (`application/x-www-form-urlencoded`), and what is wrong with them.
///
/// Of a name that comes twice the last value counts.
struct URLEncodedPairs: Sendable {
    private(set) var values: [String: String] = [:]
    private(set) var errors: [Problem.FieldError] = []

    init(_ text: String) {
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]) else {
                reject("", "a parameter's name is not UTF-8")
                continue
            }
            guard let value = Self.decode(parts.count > 1 ? parts[1] : "") else {
                reject(name, "must be UTF-8")
                continue
            }
            if value.unicodeScalars.contains(where: { $0.value == 0 }) {
                reject(name, "must not contain NUL")
            } else {
                values[name] = value
            }
        }
    }

    private mutating func reject(_ field: String, _ message: String) {
        errors.append(.init(field: field, message: message))
    }

    private static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = Substring(rest.prefix(2))
                guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A value as it stands in a query.
    static func encode(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || "-._~".unicodeScalars.contains(scalar)
            {
                text.unicodeScalars.append(scalar)
            } else {
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
