/// What kind of database a user is to get. Everything that is nil is chosen by default.
public struct ProvisioningRequest: Sendable {
    public var engine: EngineKind?
    public var host: String?
    public var port: Int?
    public var name: String?
    public var login: String?
    public var password: Secret<String>?
    public var server: String?

    public init(
        engine: EngineKind? = nil, host: String? = nil, port: Int? = nil, name: String? = nil, login: String? = nil,
        password: Secret<String>? = nil, server: String? = nil
    ) {
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
            ("password", password != nil), ("server", server != nil),
        ]
        return given.filter(\.1).map(\.0)
    }
}
