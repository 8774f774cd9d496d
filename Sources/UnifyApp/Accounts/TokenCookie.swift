internal import HTTPTypes
internal import Hummingbird

/// A cookie that carries a token: that of a session, or of a sign-in that waits for its code.
struct TokenCookie: Sendable {
    static let session = "unify_session"
    static let pendingSignIn = "unify_pending"
    /// Browsers take a cookie whose name begins so only from the host itself, by TLS, and for all paths: no other host of
    /// the domain can set one.
    private static let securePrefix = "__Host-"

    let name: String
    /// Whether clients reach the server by TLS, so that the cookie may be sent by nothing else.
    private let isSecure: Bool

    init(_ name: String, isSecure: Bool) {
        self.name = isSecure ? Self.securePrefix + name : name
        self.isSecure = isSecure
    }

    func holding(_ token: SessionToken, for lifetime: Duration) -> Cookie {
        make(token.text, maxAge: Int(lifetime.components.seconds))
    }

    /// Makes a browser forget the token.
    var forgotten: Cookie { make("", maxAge: 0) }

    private func make(_ value: String, maxAge: Int) -> Cookie {
        Cookie(name: name, value: value, maxAge: maxAge, path: "/", secure: isSecure, httpOnly: true, sameSite: .lax)
    }

    /// The token that a request carries; nil where it carries none, or two: one of them would be somebody else's, and nobody
    /// can tell which.
    func token(in request: Request) -> SessionToken? {
        guard let cookies = request.headers[.cookie] else { return nil }
        var found: Substring?
        for cookie in cookies.utf8.split(separator: UInt8(ascii: ";")) {
            let cookie = Substring(cookie).trimmingSpaces()
            guard cookie.hasPrefix(name), cookie.dropFirst(name.count).first == "=" else { continue }
            guard found == nil else { return nil }
            found = cookie.dropFirst(name.count + 1)
        }
        return found.flatMap { $0.isEmpty ? nil : SessionToken(text: String($0)) }
    }
}
