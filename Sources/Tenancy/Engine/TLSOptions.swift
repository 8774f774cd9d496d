/// How a connection to a server is encrypted. The text form, as settings and the main database hold it, is the mode, or
/// the mode, a colon and the path of the certificates to trust: `verify-full:/etc/ssl/db-ca.pem`.
public struct TLSOptions: Sendable, Hashable, CustomStringConvertible {
    public enum Mode: String, Sendable, CaseIterable {
        case disable
        /// Encrypted where the server can; says nothing about who the server is.
        case prefer
        /// Encrypted or refused; says nothing about who the server is.
        case require
        /// Encrypted, and the server's certificate is signed by a trusted one.
        case verifyCA = "verify-ca"
        /// As ``verifyCA``, and the certificate names the host.
        case verifyFull = "verify-full"
    }

    public var mode: Mode
    /// The absolute path of a PEM file; nil for the system's certificates.
    public var certificates: String?

    public init(mode: Mode = .prefer, certificates: String? = nil) {
        self.mode = mode
        self.certificates = certificates
    }

    /// - Returns: nil where the text is not of the form above, or the path not absolute.
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

    public var description: String { certificates.map { "\(mode.rawValue):\($0)" } ?? mode.rawValue }
}
