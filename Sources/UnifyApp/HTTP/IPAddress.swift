internal import Foundation

/// An IPv4 or IPv6 address. One of IPv4 that is written as IPv6 (`::ffff:192.0.2.1`) is the same as the plain one.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    private static let mappedPrefix: UInt128 = 0xFFFF << 32
    private static let networkBitsOfIPv6 = 64

    /// All 128 bits; of an IPv4 address in its mapped form.
    let bits: UInt128

    private init(bits: UInt128) { self.bits = bits }

    /// - Parameter text: the address alone, without brackets, port or zone.
    public init?(_ text: some StringProtocol) {
        // The longest address text is IPv6 with an IPv4 ending; longer text is not parsed.
        guard (2...45).contains(text.utf8.count) else { return nil }
        let text = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bits: Self.mappedPrefix | UInt128(UInt32(bigEndian: four.s_addr)))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        self.init(bits: withUnsafeBytes(of: six) { $0.reduce(0) { $0 << 8 | UInt128($1) } })
    }

    var isIPv4: Bool { bits >> 32 == Self.mappedPrefix >> 32 }

    /// 127.0.0.0/8 and ::1.
    var isLoopback: Bool { isIPv4 ? bits >> 24 & 0xFF == 127 : bits == 1 }

    /// The range that one client controls: an IPv4 address, or a /64 of IPv6, as `2001:db8:0:1::/64`.
    var network: String {
        guard !isIPv4 else { return description }
        let shift = 128 - Self.networkBitsOfIPv6
        return "\(IPAddress(bits: (bits >> shift) << shift))/\(Self.networkBitsOfIPv6)"
    }

    /// In its usual form.
    public var description: String {
        if isIPv4 {
            return (0..<4).map { "\(bits >> (24 - 8 * $0) & 0xFF)" }.joined(separator: ".")
        }
        var six = in6_addr()
        withUnsafeMutableBytes(of: &six) { bytes in
            for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: bits >> (120 - 8 * index)) }
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        inet_ntop(AF_INET6, &six, &text, socklen_t(INET6_ADDRSTRLEN))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
