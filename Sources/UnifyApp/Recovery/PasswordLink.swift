public import Tenancy

/// A link by which a user sets a new password; shown once, to its creator.
public struct PasswordLink: Sendable {
    static let path = "/new-password"
    static let parameter = "link"

    public let url: String
    public let expiresAt: Timestamp
    /// A hint about the link's address for its creator; nil if the settings have the address that users see.
    public let note: String?

    init(_ token: SessionToken, expiresAt: Timestamp, settings: Settings) {
        let origin = settings.publicURL?.origin ?? Self.listenOrigin(settings)
        url = origin + LocalPath.adding(Self.parameter, token.text, to: Self.path)
        self.expiresAt = expiresAt
        note =
            settings.publicURL == nil
            ? "UNIFY_PUBLIC_URL is not set, so the link leads to the address that the server listens on, \(origin). "
                + "Where users reach the server at another one, put that in its place." : nil
    }

    private static func listenOrigin(_ settings: Settings) -> String {
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        return "http://\(host):\(settings.port)"
    }
}
