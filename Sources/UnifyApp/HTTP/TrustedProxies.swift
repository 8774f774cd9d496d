/// The proxies whose `X-Forwarded-For` is trusted.
///
/// It only determines the client's address, never whether a request comes from this machine.
public struct TrustedProxies: Sendable, Equatable, CustomStringConvertible {
    /// How many addresses are examined, from the right; a chain of proxies has a handful.
    static let maxHops = 32

    public let ranges: [IPAddressRange]

    public init(ranges: [IPAddressRange] = []) { self.ranges = ranges }

    /// - Parameter text: addresses and ranges, with commas between.
    /// - Returns: nil if one of them is neither.
    public init?(_ text: String) {
        var ranges: [IPAddressRange] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = IPAddressRange(part.trimmingSpaces()) else { return nil }
            ranges.append(range)
        }
        self.init(ranges: ranges)
    }

    public var description: String { ranges.map(\.description).joined(separator: ",") }

    func contain(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    /// The client of a forwarded request: the right-most address of `X-Forwarded-For` that is not a trusted proxy's,
    /// if the connection itself comes from a trusted one; otherwise the other end of the connection.
    ///
    /// Anything further to the left was sent by the client and can be forged. An invalid address ends the search at
    /// the last proxy found.
    /// - Parameter forwarded: all fields of that name, joined by commas.
    func client(behind peer: IPAddress, forwardedFor forwarded: String?) -> IPAddress {
        guard !ranges.isEmpty, let forwarded, contain(peer) else { return peer }
        var client = peer
        for hop in forwarded.split(separator: ",", omittingEmptySubsequences: false).reversed().prefix(Self.maxHops) {
            guard let address = Self.address(hop.trimmingSpaces()) else { return client }
            client = address
            guard contain(address) else { return client }
        }
        return client
    }

    /// An address as proxies write it: alone, or with a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`.
    private static func address(_ text: Substring) -> IPAddress? {
        if let address = IPAddress(text) { return address }
        if text.first == "[", let end = text.firstIndex(of: "]"), isPort(text[end...].dropFirst()) {
            return IPAddress(text[text.index(after: text.startIndex)..<end])
        }
        guard let colon = text.lastIndex(of: ":"), isPort(text[colon...]), !text[..<colon].contains(":") else {
            return nil
        }
        return IPAddress(text[..<colon])
    }

    /// Nothing, or a colon and digits.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
    }
}
