internal import NIOCore
internal import Tenancy

/// Names and values of forms and queries (`application/x-www-form-urlencoded`), and their errors.
///
/// If a name occurs twice, the last value counts. The amount that is read, and the number of recorded errors, are
/// bounded.
struct URLEncodedPairs: Sendable {
    /// Names with their values.
    static let maxPairs = 1000
    /// Bytes of a name, decoded.
    static let maxNameBytes = 256

    private(set) var values: [String: String] = [:]
    /// Names that occur more than once.
    private(set) var repeated: Set<String> = []
    private(set) var errors: [Problem.FieldError] = []

    init(_ text: String) {
        var text = text
        self = text.withUTF8 { URLEncodedPairs($0) }
    }

    init(_ body: ByteBuffer) {
        self = body.withUnsafeReadableBytes { raw in raw.withMemoryRebound(to: UInt8.self) { URLEncodedPairs($0) } }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var count = 0
        var start = 0
        while start < bytes.count {
            let end = Self.firstIndex(of: UInt8(ascii: "&"), in: bytes, start..<bytes.count)
            defer { start = end + 1 }
            guard end > start else { continue }
            count += 1
            guard count <= Self.maxPairs else {
                reject("", "there must be at most \(Self.maxPairs) parameters")
                return
            }
            // One more than an answer lists, so that it can say that the list is incomplete.
            guard errors.count <= Problem.maxFieldErrors else { return }
            read(bytes, start..<end)
        }
    }

    /// The end of the range if the byte is not in it.
    private static func firstIndex(
        of byte: UInt8, in bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != byte { index += 1 }
        return index
    }

    private mutating func read(_ bytes: UnsafeBufferPointer<UInt8>, _ pair: Range<Int>) {
        let nameEnd = Self.firstIndex(of: UInt8(ascii: "="), in: bytes, pair)
        guard let name = Self.decode(bytes, pair.lowerBound..<nameEnd) else {
            reject("", "a parameter's name is not UTF-8")
            return
        }
        guard name.utf8.count <= Self.maxNameBytes else {
            reject("", "a parameter's name must have at most \(Self.maxNameBytes) bytes")
            return
        }
        guard let value = Self.decode(bytes, min(nameEnd + 1, pair.upperBound)..<pair.upperBound) else {
            reject(name, "must be UTF-8")
            return
        }
        if value.utf8.contains(0) {
            reject(name, "must not contain NUL")
        } else {
            if values.updateValue(value, forKey: name) != nil { repeated.insert(name) }
        }
    }

    private mutating func reject(_ field: String, _ message: String) {
        errors.append(.init(field: field, message: message))
    }

    private static func decode(_ encoded: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            switch encoded[index] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < range.upperBound, let high = Hex.digit(encoded[index + 1]),
                    let low = Hex.digit(encoded[index + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                index += 2
            case let byte: bytes.append(byte)
            }
            index += 1
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A value in the encoding of a query.
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
