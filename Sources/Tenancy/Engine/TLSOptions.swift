/// How a connection to a server is encrypted. The text form in settings and the main database is the mode, optionally
/// followed by a colon and the path of the trusted certificates: `verify-full:/etc/ssl/db-ca.pem`.
public struct TLSOptions: Sendable, Hashable, CustomStringConvertible {
    public enum Mode: String, Sendable, CaseIterable {
        case disable
        /// Encrypted if the server supports it; does not verify the server.
        case prefer
        /// Encrypted or refused; does not verify the server.
        case require
        /// Encrypted; the server's certificate must be signed by a trusted one.
        case verifyCA = "verify-ca"
        /// As ``verifyCA``; the certificate must also name the host.
        case verifyFull = "verify-full"
    }

    public var mode: Mode
    /// The absolute path of a PEM file; nil for the system's certificates.
    public var certificates: String?

    public init(mode: Mode = .prefer, certificates: String? = nil) {
        self.mode = mode
        self.certificates = certificates
    }

    /// - Returns: nil if the text does not have the form above, or the path is not absolute.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let mode = Mode(rawValue: parts[0]) else { return nil }
        guard parts.count == 2 else {
            self.init(mode: mode)
            return
        }
        guard parts[1].hasPrefix("/"), !parts[1].utf8.contains(0) else { return nil }
        self.init(mode: mode, certificates: parts[1])
    }

    /// The default for a host: full verification, unless the host is this machine.
    ///
    /// Names are not resolved, because their address may change.
    public static func standard(for host: String?) -> TLSOptions {
        TLSOptions(mode: isLoopback(host) ? .prefer : .verifyFull)
    }

    /// Whether a host is this machine: `localhost`, a loopback address, or a socket folder; for SQL Server also with
    /// an instance name.
    public static func isLoopback(_ host: String?) -> Bool {
        guard let host, !host.isEmpty, !host.hasPrefix("/") else { return true }
        let name = host.split(separator: "\\", maxSplits: 1)[0].lowercased()
        if ["localhost", "::1", "[::1]", "(local)", "."].contains(name) || name.hasSuffix(".localhost") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether a connection to a host with these options could reach an impostor.
    public func isUnverified(for host: String?) -> Bool {
        !Self.isLoopback(host) && [.disable, .prefer, .require].contains(mode)
    }

    public var description: String { certificates.map { "\(mode.rawValue):\($0)" } ?? mode.rawValue }
}
