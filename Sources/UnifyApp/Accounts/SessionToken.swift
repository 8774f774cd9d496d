internal import Crypto
internal import Tenancy

/// A signed-in client's token: 32 random bytes in base64url. Only its SHA-256 is stored.
package struct SessionToken: Sendable {
    package let text: String

    init(text: String) { self.text = text }

    /// The token in a request, if the text is well-formed: 32 bytes in base64url, which a cookie may contain.
    init?(wellFormed text: String) {
        guard text.utf8.count == 43, Base64URL.decode(text)?.count == 32 else { return nil }
        self.text = text
    }

    /// The prefix of tokens of a ``DataAccess``; no session's token contains a full stop.
    private static let accessPrefix = "access."

    package static func random() -> SessionToken {
        var generator = SystemRandomNumberGenerator()
        return SessionToken(text: Base64URL.encode((0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }))
    }

    static func randomForAccess() -> SessionToken { SessionToken(text: accessPrefix + random().text) }

    var isForAccess: Bool { text.hasPrefix(Self.accessPrefix) }

    var hash: String {
        Hex.encode(SHA256.hash(data: Array(text.utf8)))
    }
}
