/// The address that browsers use, if it differs from the listening one: behind a proxy that terminates TLS.
public struct PublicURL: Sendable, Equatable {
    /// Scheme, host and, unless it is the scheme's own, port, in lower case: as browsers send it in `Origin`.
    public let origin: String

    /// The host and, unless it is the scheme's own, the port, as browsers send them in `Host`.
    let authority: String

    /// - Returns: nil unless the text is `http://` or `https://` and a host, with nothing after it but a slash.
    public init?(_ text: String) {
        var text = text.lowercased()
        if text.hasSuffix("/") { text.removeLast() }
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        let host = text.dropFirst(scheme.count)
        guard Authority.isValid(String(host)) else { return nil }
        let usualPort = scheme == "https://" ? ":443" : ":80"
        authority = String(host.hasSuffix(usualPort) ? host.dropLast(usualPort.count) : host)
        origin = scheme + authority
    }

    public var isSecure: Bool { origin.hasPrefix("https://") }
}
