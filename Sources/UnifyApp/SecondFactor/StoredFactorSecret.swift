internal import Tenancy

/// A secret of one-time passwords as it is sealed: the bytes in base64url and, behind a full stop, the hash of the session's
/// token in which it was made.
struct StoredFactorSecret: Sendable {
    let bytes: [UInt8]
    /// Nil in one that an older version made.
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

    /// Whether it was made in this session.
    func isOf(_ session: SignedInSession) -> Bool { sessionHash == session.tokenHash }
}
