internal import NIOCore
internal import Tenancy

/// Writes JSON (RFC 8259). The caller ensures that names and values alternate correctly.
///
/// Writes to its own memory, and checks the room once for each name and value.
struct JSONWriter: ~Copyable {
    private var memory: UnsafeMutableBufferPointer<UInt8>
    private var count = 0
    private var needsComma = false

    private init() { memory = .allocate(capacity: 1024) }

    deinit { memory.deallocate() }

    /// Begins an object that is written piece by piece; ``finish()`` returns its bytes.
    static func beginObject() -> JSONWriter {
        var writer = JSONWriter()
        writer.open(UInt8(ascii: "{"))
        return writer
    }

    mutating func beginArray() { open(UInt8(ascii: "[")) }
    mutating func endArray() { close(UInt8(ascii: "]")) }

    mutating func finish() -> ByteBuffer {
        close(UInt8(ascii: "}"))
        return bytes
    }

    /// How many bytes were written until now.
    var length: Int { count }

    private var bytes: ByteBuffer {
        ByteBuffer(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
    }

    /// The bytes of an object with the members that the body writes.
    static func object(_ body: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(body)
        return writer.bytes
    }

    mutating func object(_ body: (inout JSONWriter) throws -> Void) rethrows {
        open(UInt8(ascii: "{"))
        try body(&self)
        close(UInt8(ascii: "}"))
    }

    mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void) {
        open(UInt8(ascii: "["))
        for element in elements { body(&self, element) }
        close(UInt8(ascii: "]"))
    }

    /// Writes a member's name, which needs no escape; its value must follow.
    mutating func name(_ name: StaticString) {
        let length = name.utf8CodeUnitCount
        reserve(length + 4)
        separate()
        put(UInt8(ascii: "\""))
        put(UnsafeRawBufferPointer(start: name.utf8Start, count: length))
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int64?) {
        self.name(name)
        guard let value else { return word("null") }
        integer(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(Int64(value))
    }

    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        word(value ? "true" : "false")
    }

    mutating func member(_ name: StaticString, _ value: Timestamp?) {
        self.name(name)
        guard let value else { return word("null") }
        reserve(Timestamp.rfc3339Length + 2)
        put(UInt8(ascii: "\""))
        value.write(rfc3339: UnsafeMutableBufferPointer(rebasing: memory[count..<(count + Timestamp.rfc3339Length)]))
        count += Timestamp.rfc3339Length
        put(UInt8(ascii: "\""))
        needsComma = true
    }

    /// A number with at most three decimal places.
    mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        text(String((value * 1000).rounded() / 1000))
    }

    mutating func member(_ name: StaticString, _ value: SQLValue) {
        switch value {
        case .null: null(name)
        case .boolean(let value): member(name, value)
        case .integer(let value): member(name, value)
        case .double(let value): member(name, value)
        case .text(let value): member(name, value)
        case .timestamp(let value): member(name, value)
        case .blob(let value): member(name, Hex.encode(value))
        }
    }

    /// A member whose value is UTF-8 text.
    mutating func member(_ name: StaticString, utf8 bytes: UnsafeBufferPointer<UInt8>) {
        self.name(name)
        string(bytes)
    }

    mutating func null(_ name: StaticString) {
        self.name(name)
        word("null")
    }

    mutating func string(_ value: String?) {
        guard var value else { return word("null") }
        value.withUTF8 { string($0) }
    }

    private mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) {
        // An escape reserves its own room.
        reserve(bytes.count + 3)
        separate()
        put(UInt8(ascii: "\""))
        escape(bytes)
        put(UInt8(ascii: "\""))
        needsComma = true
    }

    // MARK: Pieces

    private mutating func open(_ bracket: UInt8) {
        reserve(2)
        separate()
        put(bracket)
    }

    private mutating func close(_ bracket: UInt8) {
        reserve(1)
        put(bracket)
        needsComma = true
    }

    private mutating func word(_ word: StaticString) {
        reserve(word.utf8CodeUnitCount + 1)
        separate()
        put(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
        needsComma = true
    }

    private mutating func text(_ value: String) {
        var value = value
        value.withUTF8 { bytes in
            reserve(bytes.count + 1)
            separate()
            put(UnsafeRawBufferPointer(bytes))
        }
        needsComma = true
    }

    private mutating func integer(_ value: Int64) {
        guard (0...9).contains(value) else { return text(String(value)) }
        reserve(2)
        separate()
        put(UInt8(ascii: "0") + UInt8(value))
        needsComma = true
    }

    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            put(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index]))
            // For the longest, \u0000, and for the rest of the text with its quotation mark.
            reserve(6 + bytes.count - index)
            putEscape(of: byte)
            start = index + 1
        }
        put(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
    }

    private mutating func putEscape(of byte: UInt8) {
        put(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: put(byte)
        case 0x0A: put(UInt8(ascii: "n"))
        case 0x0D: put(UInt8(ascii: "r"))
        case 0x09: put(UInt8(ascii: "t"))
        default:
            for digit in "u00".utf8 { put(digit) }
            put(UInt8(ascii: "0") + byte >> 4)
            put(Self.hexDigits[Int(byte & 0xF)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    // MARK: Memory

    private mutating func separate() {
        if needsComma { put(UInt8(ascii: ",")) }
        needsComma = false
    }

    /// Reserves room for this many bytes, which the following calls write without checks.
    private mutating func reserve(_ extra: Int) {
        guard memory.count - count < extra else { return }
        let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(memory.count * 2, count + extra))
        UnsafeMutableRawBufferPointer(larger).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[..<count]))
        memory.deallocate()
        memory = larger
    }

    private mutating func put(_ byte: UInt8) {
        memory[count] = byte
        count += 1
    }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(memory)[count...]).copyMemory(from: bytes)
        count += bytes.count
    }
}
