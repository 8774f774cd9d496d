/// Where a database is and how to log in to it: everything that an engine needs to connect.
public struct DatabaseLocation: Sendable {
    public let engine: EngineKind
    /// The server's name or address; nil for an embedded engine.
    public var host: String?
    /// Nil for the engine's default port.
    public var port: Int?
    /// The database's name on its server; nil for an embedded engine.
    public var name: String?
    /// The login for the user's own work.
    public var login: Login?
    /// The login that makes, changes and removes the database; nil if only ``login`` may work on it.
    public var provisioningLogin: Login?
    /// Whether ``login`` is known to belong to this database alone, so that it may be removed without its password.
    package var isLoginProven = false
    /// The most connections of this process to the server; nil if this is not known here.
    package var maxConnections: Int?
    public var tls: TLSOptions
    /// The file's absolute path; nil for an engine with a server.
    public var path: String?

    public init(
        engine: EngineKind, host: String? = nil, port: Int? = nil, name: String? = nil, login: Login? = nil,
        provisioningLogin: Login? = nil, tls: TLSOptions = TLSOptions(), path: String? = nil
    ) {
        self.engine = engine
        self.host = host
        self.port = port
        self.name = name
        self.login = login
        self.provisioningLogin = provisioningLogin
        self.tls = tls
        self.path = path
    }

    /// The location of an embedded database.
    /// - Parameter path: an absolute path.
    public static func file(_ path: String) -> DatabaseLocation { DatabaseLocation(engine: .sqlite, path: path) }

    /// The login for a connection in this role.
    public func login(for role: ConnectionRole) -> Login? {
        role == .maintenance ? provisioningLogin ?? login : login
    }
}
