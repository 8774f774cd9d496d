import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// A server that has no connection left: who needs a new one is refused, others are served, and it recovers by itself.
@Suite(.tags(.proof), .timeLimit(.minutes(5)), .serialized) struct CrowdedServerTests {
    @Test(arguments: [EngineKind.postgresql, .mysql])
    func aServerWithoutConnectionsRefusesAndRecovers(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        let server = try TestDatabaseServer.stoppable(kind)
        // The main database is elsewhere: a server of users' databases is crowded.
        let base = try await TestSystem.open(TestPlace.sqlite.engine)
        let manager = MultiTenantDatabaseManager(
            main: base.main, engines: EngineRegistry([TestPlace.sqlite.engine, place.engine]),
            schema: TestSystem.userSchema, dataDirectory: base.directory.path, keyRing: KeyRing(current: .random()),
            options: .init(namePrefix: "user_c\(UInt32.random(in: 0 ... .max))_"))
        let system = TestSystem(directory: base.directory, main: base.main, manager: manager)
        _ = try await manager.addServer(TestPlace(engine: place.engine, server: server).serverRequest("crowded"))
        let (ada, bob) = (
            try await system.addUser("ada", hasDatabase: false).id,
            try await system.addUser("bob", hasDatabase: false).id
        )
        for user in [ada, bob] {
            _ = try await manager.initializeUserDatabase(user, ProvisioningRequest(server: "crowded"))
            try await system.addTask("\(user)'s", for: user)
        }
        // Ada's connection is given up, Bob's stays.
        await manager.evictOldest()
        #expect(try await system.taskTitles(of: bob) == ["\(bob)'s"])
        let crowd = await fill(server, of: place.engine)
        #expect(crowd.count > 50)
        #expect(crowd.refusal == .overloaded, "\(String(describing: crowd.refusal))")
        let error = await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
        #expect([.overloaded, .serverUnavailable].contains(error?.code), "\(String(describing: error))")
        #expect(try await system.taskTitles(of: bob) == ["\(bob)'s"], "who has a connection is served")
        for connection in crowd.connections { await connection.close() }
        try await eventually("it recovers without a restart", within: .seconds(60)) {
            // Refused until the circuit is closed again.
            (try? await system.taskTitles(of: ada)) == ["\(ada)'s"]
        }
        await manager.shutDown()
        await base.close()
    }

    /// Opens connections until the server refuses one.
    private func fill(
        _ server: TestDatabaseServer, of engine: any DatabaseEngine
    ) async -> (connections: [any DatabaseConnection], count: Int, refusal: TenancyError.Code?) {
        var location = server.location
        location.name = engine.kind == .postgresql ? "postgres" : "information_schema"
        var connections: [any DatabaseConnection] = []
        while connections.count < 1000 {
            do {
                connections.append(try await engine.connect(to: location, as: .maintenance))
            } catch {
                return (connections, connections.count, (error as? TenancyError)?.code)
            }
        }
        return (connections, connections.count, nil)
    }
}
