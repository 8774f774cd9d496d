/// Where browsers reach the server, when that is not where it listens: behind a proxy that ends TLS.
public struct PublicURL: Sendable, Equatable {
    /// Scheme, host and, unless it is the scheme's own, port, in lower case: as browsers send it in `Origin`.
    public let origin: String

    /// - Returns: nil unless the text is `http://` or `https://` and a host, with nothing after it but a slash.
    public init?(_ text: String) {
        var text = text.lowercased()
        if text.hasSuffix("/") { text.removeLast() }
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        let host = text.dropFirst(scheme.count)
        guard !host.isEmpty, host.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.:[]".contains($0)) })
        else { return nil }
        origin = text
    }

    public var isSecure: Bool { origin.hasPrefix("https://") }
}
