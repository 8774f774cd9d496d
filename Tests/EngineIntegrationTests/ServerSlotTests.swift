import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Each server's share of the connections.
@Suite(.timeLimit(.minutes(2))) struct ServerSlotTests {
    @Test(arguments: TestPlace.servers) func aConnectThatFailsGivesItsSlotBack(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            let server = try #require(try await system.manager.serverOverview(after: 0, limit: 1).first?.0)
            for _ in 0..<10 { await system.manager.evictOldest() }
            #expect(system.manager.openConnections(to: server) == 0)
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute(
                    "UPDATE User_Database_Config SET DB_Name = ? WHERE User_ID = ?",
                    ["missing", .integer(ada.rawValue)])
            }
            await system.manager.apply(.user(ada))
            for _ in 0..<3 {
                await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
            }
            #expect(system.manager.openConnections(to: server) == 0)
        }
    }

    /// The server's only connection is in use, and two more leases want one. Others are served meanwhile, and nobody opens
    /// a connection beyond the server's share to learn a size, whether anyone waits for one or not.
    @Test(arguments: TestPlace.servers) func whoWaitsForAServerHoldsUpNobodyElse(place: TestPlace) async throws {
        let (base, system, server) = try await systemWithSmallServer(place)
        let manager = system.manager
        let (ada, bob, cyd, eve) = (
            try await user("ada", on: "small", system), try await user("bob", on: "small", system),
            try await user("cyd", on: "small", system), try await user("eve", on: nil, system)
        )
        for _ in 0..<4 { await manager.evictOldest() }
        let (holder, release) = await holding(ada, manager)
        let config = try #require(try await manager.loadUserDatabaseConfig(bob))
        #expect(await manager.statistics(of: config).sizeBytes == nil, "the only connection is in use")
        let before = manager.poolReport.leases
        let waiters = [bob, cyd].map { user in Task { try await system.taskTitles(of: user) } }
        try await eventually("both ask for a connection") { manager.poolReport.leases >= before + 2 }
        #expect(try await system.taskTitles(of: eve) == ["eve's"])
        #expect(await manager.statistics(of: config).sizeBytes == nil)
        release.finish()
        try await holder.value
        #expect(try await waiters[0].value == ["bob's"])
        #expect(try await waiters[1].value == ["cyd's"])
        #expect(manager.openConnections(to: server) == 1)
        for _ in 0..<4 { await manager.evictOldest() }
        #expect(manager.openConnections(to: server) == 0)
        #expect(await manager.statistics(of: config).sizeBytes ?? 0 > 0)
        #expect(manager.openConnections(to: server) == 0)
        await manager.shutDown()
        await base.close()
    }

    /// Holds a lease of a user's database until the continuation is finished.
    private func holding(
        _ user: UserID, _ manager: MultiTenantDatabaseManager
    ) async -> (Task<Void, any Error>, AsyncStream<Void>.Continuation) {
        let (entered, release) = (AsyncStream<Void>.makeStream(), AsyncStream<Void>.makeStream())
        let holder = Task {
            try await manager.withUserDatabase(user, .read) { _ in
                entered.continuation.finish()
                for await _ in release.stream {}
            }
        }
        for await _ in entered.stream {}
        return (holder, release.continuation)
    }

    /// With one connection to the server, whatever is done there waits for the lease that has it.
    @Test(arguments: TestPlace.servers) func workOutsideThePoolsWaitsForItsShare(place: TestPlace) async throws {
        let (base, system, server) = try await systemWithSmallServer(place)
        let manager = system.manager
        let (ada, bob) = (try await user("ada", on: "small", system), try await user("bob", on: "small", system))
        let new = try await system.addUser("cyd", hasDatabase: false).id
        let (holder, release) = await holding(ada, manager)
        let test = Task { try await manager.testUserDatabase(ada).isOK }
        let rotation = Task { try await manager.rotatePassword(of: bob) }
        let making = Task { try await manager.initializeUserDatabase(new, ProvisioningRequest(server: "small")) }
        let report = Task { try await manager.inspect(server).missing }
        try await eventually("all four wait") { manager.poolReport.now.waiting == 4 }
        #expect(manager.openConnections(to: server) == 1)
        release.finish()
        try await holder.value
        #expect(try await test.value)
        try await rotation.value
        _ = try await making.value
        #expect(try await report.value == [])
        #expect(try await system.taskTitles(of: bob) == ["bob's"])
        for _ in 0..<4 { await manager.evictOldest() }
        #expect(manager.openConnections(to: server) == 0)
        await manager.shutDown()
        await base.close()
    }

    /// A system with files and a server named `small`, to which it may have one connection.
    private func systemWithSmallServer(
        _ place: TestPlace
    ) async throws -> (base: TestSystem, system: TestSystem, server: DatabaseServer) {
        let base = try await TestSystem.open(TestPlace.sqlite.engine)
        let manager = MultiTenantDatabaseManager(
            main: base.main, engines: EngineRegistry([TestPlace.sqlite.engine, place.engine]),
            schema: TestSystem.userSchema, dataDirectory: base.directory.path, keyRing: KeyRing(current: .random()),
            options: .init(
                pool: PoolLimits(poolSize: 1, maxOverflow: 0, maxConnections: 3),
                namePrefix: "user_s\(UInt32.random(in: 0 ... .max))_"))
        let system = TestSystem(directory: base.directory, main: base.main, manager: manager)
        _ = try await manager.addServer(request(place))
        let server = try #require(try await manager.serverOverview(after: 0, limit: 1).first?.0)
        return (base, system, server)
    }

    private func request(_ place: TestPlace) throws -> ServerRequest {
        let known = try place.serverRequest("small")
        return try ServerRequest(
            name: known.name, engine: known.engine, host: known.host, port: known.port, login: known.login,
            maxConnections: 1)
    }

    private func user(_ name: String, on server: String?, _ system: TestSystem) async throws -> UserID {
        let id = try await system.addUser(name, hasDatabase: false).id
        let request = server.map { ProvisioningRequest(server: $0) } ?? ProvisioningRequest(engine: .sqlite)
        _ = try await system.manager.initializeUserDatabase(id, request)
        try await system.addTask("\(name)'s", for: id)
        return id
    }
}
