/// Changes of a registered server; nil properties stay as they are.
public struct ServerChange: Sendable {
    public var host: String?
    public var port: Int?
    /// The provisioning login, with its password.
    public var login: Login?
    /// A new password of the present login.
    public var password: Secret<String>?
    public var tls: TLSOptions?
    public var maxConnections: Int?
    /// Empty for none.
    public var region: String?

    public init() {}

    public var isEmpty: Bool { !needsLook && maxConnections == nil && region == nil }

    /// Whether the change affects how the server is reached.
    var needsLook: Bool { host != nil || port != nil || login != nil || password != nil || tls != nil }

    /// The server with the changes applied.
    /// - Parameter password: the present login's password.
    /// - Throws: as ``ServerRequest`` does.
    func request(for server: DatabaseServer, password old: Secret<String>) throws -> ServerRequest {
        let host = host ?? server.host
        // A default TLS mode follows the host: a server that moves to another machine is verified there.
        let isStandard = server.tls == .standard(for: server.host)
        return try ServerRequest(
            name: server.name, engine: server.engine, host: host, port: port ?? server.port,
            login: login ?? Login(name: server.login, password: password ?? old),
            tls: tls ?? (isStandard ? .standard(for: host) : server.tls),
            maxConnections: maxConnections ?? server.maxConnections,
            region: (region ?? server.region).flatMap { $0.isEmpty ? nil : $0 })
    }
}
