internal import Synchronization

/// The registered servers with their provisioning logins opened; rows are cached.
struct ServerDirectory: Sendable {
    private let main: MainDatabase
    private let keyRing: KeyRing
    private let cache = Cache()

    private final class Cache: Sendable {
        static let maxServers = 10_000

        let servers = Lock(VersionedCache<Int64, DatabaseServer>(limit: maxServers))
    }

    init(main: MainDatabase, keyRing: KeyRing) {
        self.main = main
        self.keyRing = keyRing
    }

    func server(_ id: Int64) async throws -> DatabaseServer {
        try await server(id) { try await main.withDatabase(.read) { try await ServerRepository($0).find(id) } }
    }

    /// - Parameter find: reads the row.
    func server(_ id: Int64, find: () async throws -> DatabaseServer?) async throws -> DatabaseServer {
        let version: CacheVersion
        switch cache.servers.withLock({ $0.answer(for: id) }) {
        case .known(let server): return server
        case .ask(let current): version = current
        }
        guard let server = try await find() else {
            throw TenancyError(.serverNotFound, "There is no server number \(id). List them: unify server list")
        }
        // A row read before a change may be out of date: for example, a login sealed under a key that was dropped.
        cache.servers.withLock { _ = $0.keep(server, for: id, version: version) }
        return server
    }

    /// Drops the cached rows.
    func invalidate() { cache.servers.withLock { $0.invalidateAll() } }

    /// The server's address with its provisioning login, and no database.
    func location(of server: DatabaseServer) throws -> DatabaseLocation {
        let password = try keyRing.open(server.sealedPassword, in: server.passwordPlace)
        var location = DatabaseLocation(
            engine: server.engine, host: server.host, port: server.port,
            provisioningLogin: Login(name: server.login, password: password), tls: server.tls)
        location.maxConnections = server.maxConnections
        return location
    }
}
