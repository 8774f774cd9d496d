/// A host, perhaps with a port, as the header `Host` names it (RFC 9110, section 7.2).
struct Authority: Sendable, Equatable {
    private static let maxBytes = 261

    /// In lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int?

    /// - Returns: nil if the text is neither a name nor an address, or the port is none.
    init?(_ text: String) {
        guard let parts = Self.parts(text) else { return nil }
        host = parts.host.lowercased()
        port = parts.port.isEmpty ? nil : Int(parts.port)
    }

    static func isValid(_ text: String) -> Bool { parts(text) != nil }

    private static func parts(_ text: String) -> (host: Substring, port: Substring)? {
        guard (1...maxBytes).contains(text.utf8.count) else { return nil }
        var host = text[...]
        var port: Substring = ""
        // A colon inside brackets is a part of the address.
        if let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), !text[colon...].utf8.contains(UInt8(ascii: "]")) {
            host = text[..<colon]
            port = text[text.utf8.index(after: colon)...]
            guard port.utf8.allSatisfy(isDigit), port.isEmpty || UInt16(port) != nil else { return nil }
        }
        if host.utf8.first == UInt8(ascii: "["), host.utf8.last == UInt8(ascii: "]") {
            host = host.dropFirst().dropLast()
            return IPAddress(host) == nil || !host.utf8.contains(UInt8(ascii: ":")) ? nil : (host, port)
        }
        return !host.isEmpty && host.utf8.allSatisfy(isOfName) ? (host, port) : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isOfName(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    /// Whether it names this machine to itself.
    var isLoopback: Bool { host == "localhost" || IPAddress(host)?.isLoopback ?? false }
}
