internal import HTTPTypes
internal import Hummingbird

/// A cookie that carries a token: that of a session, of a sign-in that waits for its code, or of a link that sets a
/// password.
struct TokenCookie: Sendable {
    /// The default name of the session cookie.
    static let standardName = "unify_session"
    static let maxNameLength = 64
    /// Browsers accept a cookie with this prefix only from the host itself, over TLS, and for all paths: no other
    /// host of the domain can set it.
    private static let securePrefix = "__Host-"

    let name: String
    /// Whether clients use TLS, so that the cookie may be restricted to it.
    private let isSecure: Bool

    private init(_ name: String, isSecure: Bool) {
        self.name = isSecure ? Self.securePrefix + name : name
        self.isSecure = isSecure
    }

    /// The session's cookie.
    /// - Parameter name: as configured.
    static func session(_ name: String, isSecure: Bool) -> TokenCookie { TokenCookie(name, isSecure: isSecure) }

    /// The cookie of a sign-in that waits for its code.
    /// - Parameter name: that of the session's cookie.
    static func pendingSignIn(_ name: String, isSecure: Bool) -> TokenCookie {
        TokenCookie(companion("_pending", of: name), isSecure: isSecure)
    }

    /// The cookie of a link that sets a new password.
    /// - Parameter name: that of the session's cookie.
    static func passwordLink(_ name: String, isSecure: Bool) -> TokenCookie {
        TokenCookie(companion("_link", of: name), isSecure: isSecure)
    }

    /// How the names of an installation's other cookies end.
    static let companionEnds = ["_pending", "_link", "_undo"]

    /// The name of another cookie of the installation whose session cookie has this name.
    /// - Parameter end: one of ``companionEnds``, so that no other installation's session cookie has the same name.
    static func companion(_ end: String, of name: String) -> String {
        (name == standardName ? standardBeginning : name) + end
    }

    /// The names of the standard companions begin with it, so no setting may give a session cookie this name.
    private static let standardBeginning = "unify"

    /// Whether a setting may give the session cookie this name, so that it is no other installation's cookie. The server
    /// itself adds the prefixes with a meaning to browsers.
    static func isName(_ text: String) -> Bool {
        let isPrefixed = ["__host-", "__secure-"].contains { text.lowercased().hasPrefix($0) }
        let isTaken =
            [standardBeginning, PageTime.cookieName].contains(text) || companionEnds.contains(where: text.hasSuffix)
        return (1...maxNameLength).contains(text.utf8.count) && !isPrefixed && !isTaken
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
            }
    }

    func holding(_ token: SessionToken, for lifetime: Duration) -> Cookie {
        make(token.text, maxAge: Int(lifetime.components.seconds))
    }

    /// Makes a browser forget the token.
    var forgotten: Cookie { make("", maxAge: 0) }

    private func make(_ value: String, maxAge: Int) -> Cookie {
        Cookie(name: name, value: value, maxAge: maxAge, path: "/", secure: isSecure, httpOnly: true, sameSite: .lax)
    }

    /// The token of a request; nil if there is none, or there are two: one of them would be someone else's, and
    /// nobody can tell which.
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
