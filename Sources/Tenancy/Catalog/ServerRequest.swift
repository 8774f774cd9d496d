/// A server to be registered.
public struct ServerRequest: Sendable {
    public let name: String
    public let engine: EngineKind
    public let host: String
    public let port: Int?
    /// The provisioning login.
    public let login: Login
    public let tls: TLSOptions
    public let maxConnections: Int
    public let region: String?

    /// - Throws: ``TenancyError`` `invalidConfiguration` if the name is not an ``Identifier`` (hyphens are allowed
    ///   too), the port is out of range, or the connection limit is below 1.
    public init(
        name: String, engine: EngineKind, host: String, port: Int? = nil, login: Login, tls: TLSOptions? = nil,
        maxConnections: Int = DatabaseServer.defaultMaxConnections, region: String? = nil
    ) throws {
        func require(_ condition: Bool, _ message: String) throws {
            guard condition else { throw TenancyError(.invalidConfiguration, message, engine: engine) }
        }
        try require(
            Identifier(name.replacing("-", with: "_")) != nil,
            "A server's name is a letter or _, then letters, digits, _ and -, at most 63 characters.")
        try require(
            DatabaseLocation.isHost(host, on: engine),
            "A server's host is one name or address, without / @ , and the like.")
        try require(port.map { (1...65_535).contains($0) } ?? true, "A port is a number from 1 to 65535.")
        try require(!login.name.isEmpty && !login.name.utf8.contains(0), "Give the provisioning login.")
        try require((1...100_000).contains(maxConnections), "A server takes 1 to 100000 connections.")
        try require(
            region.map { !$0.isEmpty && $0.unicodeScalars.count <= 64 && !$0.utf8.contains(0) } ?? true,
            "A region is a word of 1 to 64 characters.")
        self.name = name
        self.engine = engine
        self.host = host
        self.port = port
        self.login = login
        self.tls = tls ?? .standard(for: host)
        self.maxConnections = maxConnections
        self.region = region
    }

    var passwordPlace: PasswordPlace { .server(name, engine, host: host, port: port, login: login.name, tls: tls) }

    /// The location for logging in with the provisioning login.
    public var location: DatabaseLocation {
        DatabaseLocation(engine: engine, host: host, port: port, provisioningLogin: login, tls: tls)
    }
}
