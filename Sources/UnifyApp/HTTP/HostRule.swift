/// The permitted Host values, so that only the server's own names lead to it.
struct HostRule: Sendable {
    private let own: Authority?
    private let defaultPort: Int
    /// As browsers send it: found without reading the header again.
    private let usual: String?

    /// - Parameter publicURL: the address that browsers use; without it every host is allowed.
    init(publicURL: PublicURL?) {
        usual = publicURL?.authority
        own = usual.flatMap(Authority.init)
        defaultPort = publicURL?.isSecure == true ? 443 : 80
    }

    /// - Parameters:
    ///   - authority: the request's host; nil if an HTTP/1.0 client named none.
    ///   - local: the address that the connection was made to.
    func allows(_ authority: String?, arrivedAt local: @autoclosure () -> IPAddress?) -> Bool {
        guard let own, let authority, authority != usual else { return true }
        guard let asked = Authority(authority) else { return false }
        if asked.host == own.host, (asked.port ?? defaultPort) == (own.port ?? defaultPort) { return true }
        // Health checks, and direct requests to the server.
        return asked.isLoopback || IPAddress(asked.host).map { $0 == local() } ?? false
    }
}
