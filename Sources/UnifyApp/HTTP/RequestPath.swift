internal import Tenancy

/// Decides whether a path can be read in one way only, by proxies and by this server.
enum RequestPath {
    /// Whether the path before the query has no empty segment, no trailing slash, no segment `.` or `..`, no
    /// backslash, and hides none of these in an escape. Other paths are not found.
    static func isPlain(_ target: String) -> Bool {
        if target == "/" || target.hasPrefix("/?") { return true }
        var segment = Segment()
        var bytes = target.utf8[...]
        guard bytes.popFirst() == UInt8(ascii: "/") else { return false }
        while let byte = bytes.popFirst(), byte != UInt8(ascii: "?") {
            switch byte {
            case UInt8(ascii: "/"):
                guard segment.isPlain else { return false }
                segment = Segment()
            case UInt8(ascii: "%"):
                guard let high = bytes.popFirst().flatMap(Hex.digit), let low = bytes.popFirst().flatMap(Hex.digit),
                    !mustNotBeEscaped(high << 4 | low)
                else { return false }
                segment.add(0)
            case UInt8(ascii: "\\"), UInt8(ascii: "#"): return false
            default: segment.add(byte)
            }
        }
        return segment.isPlain
    }

    private static func mustNotBeEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "/") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: ".")
    }

    /// The state of the current segment.
    private struct Segment {
        private var count = 0
        private var dots = 0

        mutating func add(_ byte: UInt8) {
            count += 1
            if byte == UInt8(ascii: ".") { dots += 1 }
        }

        var isPlain: Bool { count > 0 && !(dots == count && count <= 2) }
    }
}
