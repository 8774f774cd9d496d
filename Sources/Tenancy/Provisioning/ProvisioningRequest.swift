/// The kind of database a user should get. Nil properties take the default.
public struct ProvisioningRequest: Sendable {
    public var engine: EngineKind?
    public var host: String?
    public var port: Int?
    public var name: String?
    public var login: String?
    public var password: Secret<String>?
    /// The name of a registered server.
    public var server: String?
    /// The TLS options for attaching a database; a registered server has its own.
    public var tls: TLSOptions?

    public init(
        engine: EngineKind? = nil, host: String? = nil, port: Int? = nil, name: String? = nil, login: String? = nil,
        password: Secret<String>? = nil, server: String? = nil, tls: TLSOptions? = nil
    ) {
        self.tls = tls
        self.engine = engine
        self.host = host
        self.port = port
        self.name = name
        self.login = login
        self.password = password
        self.server = server
    }

    public static let standard = ProvisioningRequest()

    /// The names of the given options that an embedded engine does not have.
    var serverWords: [String] {
        let given: [(String, Bool)] = [
            ("host", host != nil), ("port", port != nil), ("name", name != nil), ("login", login != nil),
            ("password", password != nil), ("server", server != nil), ("tls", tls != nil),
        ]
        return given.filter(\.1).map(\.0)
    }
}
