internal import CPostgreSQL
internal import Tenancy

/// A statement's parameters in libpq's form: types, texts, lengths and formats.
struct PostgreSQLParameters {
    /// Type OIDs from pg_type.dat; 0 lets the server infer the type.
    static let boolean: Oid = 16
    static let bytes: Oid = 17
    static let integer: Oid = 20
    static let double: Oid = 701
    static let timestamp: Oid = 1184

    let types: [Oid]
    /// All values, concatenated; each text ends with a NUL.
    private var storage: [UInt8] = []
    /// The offset of each value; nil for NULL.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []

    init(_ values: [SQLValue]) throws {
        types = values.map(Self.type)
        for value in values { try append(value) }
    }

    private static func type(of value: SQLValue) -> Oid {
        switch value {
        case .null, .text: 0
        case .boolean: boolean
        case .integer: integer
        case .double: double
        case .blob: bytes
        case .timestamp: timestamp
        }
    }

    private mutating func append(_ value: SQLValue) throws {
        switch value {
        case .null:
            offsets.append(nil)
            lengths.append(0)
            formats.append(0)
        case .boolean(let value): try append(text: value ? "t" : "f")
        case .integer(let number): try append(text: String(number))
        case .double(let number): try append(text: Self.text(of: number))
        case .text(let text): try append(text: text)
        case .timestamp(let instant): try append(text: instant.rfc3339)
        case .blob(let bytes):
            offsets.append(storage.count)
            storage += bytes
            // libpq takes a value without an address for NULL.
            storage.append(0)
            lengths.append(Int32(bytes.count))
            formats.append(1)
        }
    }

    private mutating func append(text: String) throws {
        guard !text.utf8.contains(0) else {
            throw TenancyError(
                .invalidStatement, "A text parameter has a NUL character in it.", engine: .postgresql)
        }
        offsets.append(storage.count)
        storage += text.utf8
        storage.append(0)
        lengths.append(0)
        formats.append(0)
    }

    private static func text(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        guard number.isInfinite else { return "\(number)" }
        return number < 0 ? "-Infinity" : "Infinity"
    }

    /// Lends the arguments of libpq's functions: values, lengths, formats.
    func withPointers<Result>(
        _ body: (UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) throws -> Result
    ) rethrows -> Result {
        try storage.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            return try values.withUnsafeBufferPointer { values in
                try lengths.withUnsafeBufferPointer { lengths in
                    try formats.withUnsafeBufferPointer { formats in
                        try body(values.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}
