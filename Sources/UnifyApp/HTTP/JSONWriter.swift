internal import NIOCore
internal import Tenancy

/// Writes JSON (RFC 8259) straight into a buffer. Its callers see to it that values and names alternate rightly.
struct JSONWriter {
    private(set) var buffer = ByteBuffer()
    private var needsComma = false

    static func object(_ body: (inout JSONWriter) -> Void) -> ByteBuffer {
        var writer = JSONWriter()
        writer.object(body)
        return writer.buffer
    }

    mutating func object(_ body: (inout JSONWriter) -> Void) { wrap("{", "}", body) }
    mutating func array<Element>(_ elements: some Sequence<Element>, _ body: (inout JSONWriter, Element) -> Void) {
        wrap("[", "]") { writer in for element in elements { body(&writer, element) } }
    }

    private mutating func wrap(_ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void) {
        separate()
        buffer.writeStaticString(open)
        needsComma = false
        body(&self)
        buffer.writeStaticString(close)
        needsComma = true
    }

    /// Writes a member's name; its value must follow.
    mutating func name(_ name: StaticString) {
        separate()
        buffer.writeStaticString("\"")
        buffer.writeStaticString(name)
        buffer.writeStaticString("\":")
        needsComma = false
    }

    mutating func member(_ name: StaticString, _ value: String?) {
        self.name(name)
        string(value)
    }
    mutating func member(_ name: StaticString, _ value: Int64?) {
        self.name(name)
        integer(value)
    }
    mutating func member(_ name: StaticString, _ value: Int) {
        self.name(name)
        integer(Int64(value))
    }
    mutating func member(_ name: StaticString, _ value: Bool) {
        self.name(name)
        boolean(value)
    }
    mutating func member(_ name: StaticString, _ value: Timestamp?) {
        self.name(name)
        string(value?.rfc3339)
    }

    /// A number with at most three digits after the point.
    mutating func member(_ name: StaticString, _ value: Double) {
        self.name(name)
        separate()
        buffer.writeString(String((value * 1000).rounded() / 1000))
        needsComma = true
    }

    mutating func string(_ value: String?) {
        separate()
        needsComma = true
        guard var value else {
            buffer.writeStaticString("null")
            return
        }
        buffer.writeStaticString("\"")
        value.withUTF8 { escape($0) }
        buffer.writeStaticString("\"")
    }

    private mutating func integer(_ value: Int64?) {
        separate()
        needsComma = true
        guard let value else {
            buffer.writeStaticString("null")
            return
        }
        buffer.writeString(String(value))
    }

    private mutating func boolean(_ value: Bool) {
        separate()
        buffer.writeStaticString(value ? "true" : "false")
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { buffer.writeStaticString(",") }
        needsComma = false
    }

    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (index, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<index]))
            writeEscape(of: byte)
            start = index + 1
        }
        buffer.writeBytes(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...]))
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case 0x22: buffer.writeStaticString("\\\"")
        case 0x5C: buffer.writeStaticString("\\\\")
        case 0x0A: buffer.writeStaticString("\\n")
        case 0x0D: buffer.writeStaticString("\\r")
        case 0x09: buffer.writeStaticString("\\t")
        default:
            let hex = String(byte, radix: 16)
            buffer.writeString("\\u" + String(repeating: "0", count: 4 - hex.count) + hex)
        }
    }
}
