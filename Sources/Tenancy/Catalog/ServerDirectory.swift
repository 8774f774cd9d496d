internal import Synchronization

/// The registered servers, as provisioning needs them: their rows, kept after the first look, and their logins opened.
struct ServerDirectory: Sendable {
    private let main: MainDatabase
    private let keyRing: KeyRing
    private let cache = Cache()

    private final class Cache: Sendable {
        let servers = Lock<[Int64: DatabaseServer]>([:])
    }

    init(main: MainDatabase, keyRing: KeyRing) {
        self.main = main
        self.keyRing = keyRing
    }

    func server(_ id: Int64) async throws -> DatabaseServer {
        if let known = cache.servers.withLock({ $0[id] }) { return known }
        guard let server = try await main.withDatabase(.read, { try await ServerRepository($0).find(id) }) else {
            throw TenancyError(.serverNotFound, "There is no server number \(id). List them: unify server list")
        }
        cache.servers.withLock { $0[id] = server }
        return server
    }

    /// Forgets what other processes may have changed.
    func invalidate() { cache.servers.withLock { $0.removeAll() } }

    /// The server's address with its provisioning login, and no database.
    func location(of server: DatabaseServer) throws -> DatabaseLocation {
        let password = try keyRing.open(server.sealedPassword, in: server.passwordPlace)
        return DatabaseLocation(
            engine: server.engine, host: server.host, port: server.port,
            provisioningLogin: Login(name: server.login, password: password), tls: server.tls)
    }
}
