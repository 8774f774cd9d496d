internal import NIOCore

/// Reads JSON (RFC 8259) from a request's bytes, in one pass and strictly: UTF-8 only, no byte order mark, no
/// duplicate names in an object, no lone surrogates, nothing after the value.
///
/// Its bounds are checked while reading, so that the cost of a body depends on its length only.
struct JSONReader {
    /// Arrays and objects inside each other.
    static let maxDepth = 32
    /// Values in all: each array, object, text, number, `true`, `false` and `null`.
    static let maxValues = 10_000
    /// Bytes of a member's name, its escapes undone.
    static let maxNameBytes = 256
    /// Characters of a number.
    static let maxNumberLength = 1000

    /// The whole body; valid as long as the reader is.
    let bytes: UnsafeBufferPointer<UInt8>
    /// Of the next byte to read.
    var position = 0
    private var values = 0

    private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// - Throws: ``Problem``: `malformed_json` (400), which names the broken rule and the byte offset;
    ///   `invalid_fields` (422) for too many values or a name that is too long.
    static func read(_ body: ByteBuffer) throws -> JSONValue {
        try body.withUnsafeReadableBytes { raw in
            try raw.withMemoryRebound(to: UInt8.self) { bytes in
                var reader = JSONReader(bytes)
                return try reader.document()
            }
        }
    }

    private mutating func document() throws -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { throw fault("a mark of the byte order is not allowed") }
        skipBlanks()
        let value = try self.value(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw fault("nothing may follow the value") }
        return value
    }

    /// - Parameter depth: in how many arrays and objects the value is.
    private mutating func value(depth: Int) throws -> JSONValue {
        values += 1
        guard values <= Self.maxValues else { throw Problem.tooManyValues }
        switch next {
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "{"): return .object(try object(depth: depth + 1))
        case UInt8(ascii: "["): return .array(try array(depth: depth + 1))
        case UInt8(ascii: "-"): return try number()
        case _ where isAtDigit: return try number()
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw fault("a value is missing")
        }
    }

    private mutating func object(depth: Int) throws -> [String: JSONValue] {
        try enter(depth)
        var members: [String: JSONValue] = [:]
        if take(UInt8(ascii: "}")) { return members }
        repeat {
            skipBlanks()
            let start = position
            guard next == UInt8(ascii: "\"") else { throw fault("a member's name is missing") }
            let name = try text()
            guard name.utf8.count <= Self.maxNameBytes else {
                throw Problem.nameTooLong(name)
            }
            guard members[name] == nil else { throw fault("a member's name comes twice", at: start) }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
            skipBlanks()
            members[name] = try value(depth: depth)
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw fault("an object does not end") }
        return members
    }

    private mutating func array(depth: Int) throws -> [JSONValue] {
        try enter(depth)
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return elements }
        repeat {
            skipBlanks()
            elements.append(try value(depth: depth))
            skipBlanks()
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw fault("an array does not end") }
        return elements
    }

    /// Reads the start of an array or object, and the white space after it.
    private mutating func enter(_ depth: Int) throws {
        guard depth <= Self.maxDepth else { throw fault("values are nested more than \(Self.maxDepth) deep") }
        position += 1
        skipBlanks()
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        let end = position + word.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
        guard end <= bytes.count, bytes[position..<end].elementsEqual(expected) else {
            throw fault("a value is missing")
        }
        position = end
        return value
    }

    // MARK: Bytes

    /// The next byte; nil at the end.
    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// - Parameter rule: the broken rule, without any content of the body.
    func fault(_ rule: String, at place: Int? = nil) -> Problem { .malformedJSON(rule, at: place ?? position) }
}
