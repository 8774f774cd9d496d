internal import Tenancy

/// The sealed form of a one-time password secret: the bytes in base64url, a full stop, and the token hash of the
/// session that created it.
struct StoredFactorSecret: Sendable, Equatable {
    let bytes: [UInt8]
    /// Nil if an older version created it.
    let sessionHash: String?

    init(bytes: [UInt8], sessionHash: String) {
        self.bytes = bytes
        self.sessionHash = sessionHash
    }

    /// - Returns: nil if the text is not of the form above.
    init?(text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let bytes = Base64URL.decode(parts[0]) else { return nil }
        self.bytes = bytes
        sessionHash = parts.count == 2 ? String(parts[1]) : nil
    }

    var text: String { Base64URL.encode(bytes) + (sessionHash.map { "." + $0 } ?? "") }

    /// Whether this session created it.
    func isOf(_ session: SignedInSession) -> Bool { sessionHash == session.tokenHash }
}
