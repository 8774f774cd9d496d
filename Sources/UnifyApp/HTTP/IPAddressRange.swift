/// All addresses that begin alike: `192.0.2.0/24`, `2001:db8::/32`, or one address alone.
public struct IPAddressRange: Sendable, Equatable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    private let first: IPAddress
    /// Of 128; those of IPv4 addresses count from the mapped form on.
    private let prefixLength: Int

    /// - Returns: nil if the text is no range, or bits are set behind its prefix, which is a slip.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(parts[0]) else { return nil }
        first = address
        description = String(text)
        let width = address.isIPv4 ? 32 : 128
        guard parts.count > 1 else {
            prefixLength = 128
            return
        }
        guard let length = Int(parts[1]), (0...width).contains(length), String(length) == parts[1] else { return nil }
        prefixLength = 128 - width + length
        guard address.bits & ~mask == 0 || prefixLength == 0 else { return nil }
    }

    private var mask: UInt128 { prefixLength == 0 ? 0 : UInt128.max << (128 - prefixLength) }

    func contains(_ address: IPAddress) -> Bool { (address.bits ^ first.bits) & mask == 0 }
}
