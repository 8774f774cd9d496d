/// Where a database is and how to log in to it: everything that an engine needs to connect.
public struct DatabaseLocation: Sendable {
    public let engine: EngineKind
    /// The server's name or address; nil for an embedded engine.
    public var host: String?
    public var port: Int?
    /// The database's name on its server; nil for an embedded engine.
    public var name: String?
    public var login: String?
    public var password: Secret<String>?
    /// The file's absolute path; nil for an engine with a server.
    public var path: String?

    public init(
        engine: EngineKind, host: String? = nil, port: Int? = nil, name: String? = nil, login: String? = nil,
        password: Secret<String>? = nil, path: String? = nil
    ) {
        self.engine = engine
        self.host = host
        self.port = port
        self.name = name
        self.login = login
        self.password = password
        self.path = path
    }

    /// The location of an embedded database.
    /// - Parameter path: an absolute path.
    public static func file(_ path: String) -> DatabaseLocation { DatabaseLocation(engine: .sqlite, path: path) }
}
