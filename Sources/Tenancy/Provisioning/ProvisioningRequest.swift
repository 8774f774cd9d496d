/// What kind of database a user is to get. Everything that is nil is chosen by default.
public struct ProvisioningRequest: Sendable {
    public var engine: EngineKind?
    public var host: String?
    public var port: Int?
    public var name: String?
    public var login: String?
    public var password: Secret<String>?
    /// The name of a registered server.
    public var server: String?
    /// How to encrypt the connections to a database that is attached; a registered server has its own.
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

    /// The words for a server that are given although an embedded engine has none.
    var serverWords: [String] {
        let given: [(String, Bool)] = [
            ("host", host != nil), ("port", port != nil), ("name", name != nil), ("login", login != nil),
            ("password", password != nil), ("server", server != nil), ("tls", tls != nil),
        ]
        return given.filter(\.1).map(\.0)
    }
}
