internal import Logging
internal import ServiceLifecycle
public import Tenancy
public import UnifyApp

/// A server in this process, on a free port, with a folder of its own.
public struct TestServer: Sendable {
    public let client: TestClient
    public let manager: MultiTenantDatabaseManager
    public let accounts: Accounts
    public let folder: String
    public let place: TestPlace

    /// Runs the body against a server on each of the places, one after the other; each is shut down when its body ends.
    /// - Parameter configure: changes the settings that the environment gave.
    public static func withServer(
        on places: [TestPlace] = TestPlace.all, multiTenant: Bool = true, environment: [String: String] = [:],
        configure: @Sendable (inout Settings) -> Void = { _ in },
        _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        for place in places {
            let folder = try TemporaryFolder()
            let own = [
                "UNIFY_DATA_DIR": folder.path, "MULTI_TENANT_MODE": "\(multiTenant)", "UNIFY_PORT": "0",
            ]
            let variables = try place.environment().merging(own) { $1 }.merging(environment) { $1 }
            let reader = SettingsReader(environment: variables, file: nil)
            var settings = try reader.read(descriptorLimit: 4096)
            configure(&settings)
            do {
                let chosen = settings
                try await place.whileOthersWait { try await run(chosen, on: place, folder: folder.path, body) }
            } catch {
                throw TestFailure("on \(place.kind), multi-tenant \(multiTenant): \(error)")
            }
        }
    }

    /// Runs the body against servers in multi-tenant mode, then against some in single-database mode.
    /// - Parameter places: all of them, or only files for what does not come near a database.
    public static func withServerInEachMode(
        on places: [TestPlace] = TestPlace.all, environment: [String: String] = [:],
        configure: @Sendable (inout Settings) -> Void = { _ in },
        _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        for multiTenant in [true, false] {
            try await withServer(
                on: places, multiTenant: multiTenant, environment: environment, configure: configure, body)
        }
    }

    private static func run(
        _ settings: Settings, on place: TestPlace, folder: String,
        _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let main = try await MainDatabase.open(
            place.mainEngine, at: settings.mainDatabase, schema: AppSchema.mainDatabase)
        var options = MultiTenantDatabaseManager.Options(
            defaultEngine: place.kind, pool: settings.pool, expectedTables: AppSchema.itemTables,
            namePrefix: settings.databasePrefix)
        options.beforeDeletingUser = AppSchema.erase
        options.disabledSafeguards = settings.disabledSafeguards
        options.endAllSessions = AppSchema.endAllSessions
        options.isCovered = AppSchema.isCovered
        let keyRing = KeyRing(current: .random())
        try await KeyCheck(main).verify(keyRing)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([place.engine]), schema: AppSchema.userDatabase,
            dataDirectory: settings.dataDirectory, keyRing: keyRing, options: options, logger: logger)
        if let server = place.server?.location, let host = server.host, let login = server.login {
            // Statements wait for the socket where they can, which they cannot on MySQL with TLS.
            let tls = TLSOptions(mode: place.kind == .mysql ? .disable : .prefer)
            try await manager.registerServer(
                ServerRequest(
                    name: "shared", engine: place.kind, host: host, port: server.port, login: login, tls: tls))
        }
        _ = try await Installation(main).settle(settings.isMultiTenant ? .multiTenant : .single)
        let accounts = Accounts(
            manager: manager, isMultiTenant: settings.isMultiTenant,
            hasher: try PasswordHasher(maxThreads: 2, pepper: .random()),
            logger: logger)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = UnifyServer(
            settings: settings, manager: manager, accounts: accounts, metrics: PrometheusMetrics(), logger: logger
        ) { port.yield($0) }
        let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let number = await ports.first(where: { _ in true }) else { throw TestFailure("no port") }
            let test = TestServer(
                client: TestClient(port: number), manager: manager, accounts: accounts, folder: folder,
                place: place)
            do {
                try await body(test)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// A user who is an administrator, signed in.
    public func makeAdmin(_ name: String = "root") async throws -> (client: TestClient, id: Int) {
        _ = try await accounts.create(
            Accounts.NewUser(
                username: name, email: "\(name)@example.org", password: Secret(TestClient.password), isAdmin: true))
        let answer = try await client.post("/api/login", ["username": name, "password": TestClient.password])
        guard let token = answer.json["token"] as? String, let user = answer.json["user"] as? [String: Any],
            let id = user["id"] as? Int
        else { throw TestFailure("the administrator cannot sign in: \(answer.text)") }
        return (client.with(token: token), id)
    }
}
