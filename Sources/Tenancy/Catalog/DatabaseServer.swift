/// An engine instance that can hold user databases: one row of `Database_Server`.
public struct DatabaseServer: Sendable {
    public enum State: String, Sendable {
        /// Takes new databases.
        case active
        /// Keeps the databases that it has and takes no new ones.
        case draining
    }

    /// The default limit of connections to a server.
    public static let defaultMaxConnections = ServerLimit.defaultMaxConnections

    public let id: Int64
    public let name: String
    public let engine: EngineKind
    public let host: String
    public let port: Int?
    /// The provisioning login.
    public let login: String
    let sealedPassword: SealedSecret
    public let tls: TLSOptions
    /// The most connections that this process opens to the server.
    public let maxConnections: Int
    public let region: String?
    public let state: State

    var passwordPlace: PasswordPlace { .server(name, engine, host: host, port: port, login: login, tls: tls) }

    /// Engine, host and port, see ``DatabaseLocation/serverAddress``.
    public var address: String { DatabaseLocation(engine: engine, host: host, port: port).serverAddress }
}
