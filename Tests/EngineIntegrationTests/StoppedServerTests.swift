import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// A server that stops, dies or hangs under load: its users are refused, others are served, and it comes back by itself.
@Suite(.tags(.proof), .timeLimit(.minutes(15)), .serialized) struct StoppedServerTests {
    enum Fault: String, CaseIterable {
        case stop, kill, pause
    }

    private actor Ledger {
        var acknowledged: Set<String> = []
        var codes: Set<String> = []
        func write(_ title: String) { acknowledged.insert(title) }
        func refuse(_ error: any Error) { codes.insert((error as? TenancyError)?.code.rawValue ?? "\(error)") }
    }

    @Test(arguments: [EngineKind.postgresql, .mysql], Fault.allCases)
    func nothingAcknowledgedIsLostAndItRecovers(kind: EngineKind, fault: Fault) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        let server = try TestDatabaseServer.stoppable(kind)
        let base = try await TestSystem.open(TestPlace.sqlite.engine)
        let options = MultiTenantDatabaseManager.Options(
            pool: PoolLimits(waitLimit: .seconds(5)), statement: StatementLimits(timeLimit: .seconds(3)),
            namePrefix: "user_x\(UInt32.random(in: 0 ... .max))_")
        let manager = MultiTenantDatabaseManager(
            main: base.main, engines: EngineRegistry([TestPlace.sqlite.engine, place.engine]),
            schema: TestSystem.userSchema, dataDirectory: base.directory.path, keyRing: KeyRing(current: .random()),
            options: options)
        let system = TestSystem(directory: base.directory, main: base.main, manager: manager)
        let stoppable = TestPlace(engine: place.engine, server: server)
        _ = try await manager.addServer(stoppable.serverRequest("faulty"))
        let ada = try await system.addUser("ada", hasDatabase: false).id
        _ = try await manager.initializeUserDatabase(ada, ProvisioningRequest(server: "faulty"))
        let bob = try await system.addUser("bob").id
        let ledger = Ledger()
        let end = fault == .pause ? "resume" : "start"
        do {
            try await disturb(server, by: fault, endingBy: end, ada: ada, bob: bob, in: system, ledger)
        } catch {
            // For the tests that come after.
            try? await server.control(end)
            throw error
        }
        let titles = try await system.taskTitles(of: ada)
        #expect(await ledger.acknowledged.subtracting(titles) == [], "an acknowledged write is lost")
        #expect(titles.allSatisfy { $0.hasPrefix("\(ada)/") })
        #expect(Set(titles).count == titles.count, "a write is there twice")
        let expected: Set<String> = [
            "connection_failed", "server_unavailable", "pool_timeout", "deadline_exceeded", "cancelled", "stale_lease",
            // A session that breaks right after its login could be the login's fault.
            "overloaded", "login_refused",
        ]
        #expect(await ledger.codes.subtracting(expected) == [])
        await manager.shutDown()
        await base.close()
    }

    /// Ada writes without a pause while her server is disturbed; Bob's is another.
    private func disturb(
        _ server: TestDatabaseServer, by fault: Fault, endingBy end: String, ada: UserID, bob: UserID,
        in system: TestSystem, _ ledger: Ledger
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<4 {
                group.addTask {
                    for number in 0... {
                        if Task.isCancelled { return }
                        let title = "\(ada)/\(lane)-\(number)"
                        do {
                            try await system.addTask(title, for: ada)
                            await ledger.write(title)
                        } catch {
                            await ledger.refuse(error)
                            // As a client who tries again would.
                            try? await Task.sleep(for: .milliseconds(10))
                        }
                    }
                }
            }
            try await eventually("Ada writes", within: .seconds(60)) { await ledger.acknowledged.count >= 50 }
            try await server.control(fault.rawValue)
            // Refused without an attempt, once the circuit is open; meanwhile others are served.
            var code: TenancyError.Code?
            try await eventually("the circuit is open", within: .seconds(120)) {
                do { _ = try await system.taskTitles(of: ada) } catch let error as TenancyError { code = error.code }
                try await system.addTask("\(bob)/served", for: bob)
                return code == .serverUnavailable
            }
            try await server.control(end)
            try await eventually("Ada is served again", within: .seconds(120)) {
                // Refused until the circuit is closed again.
                (try? await system.taskTitles(of: ada)) != nil
            }
            let after = await ledger.acknowledged.count
            try await eventually("Ada writes again", within: .seconds(60)) {
                await ledger.acknowledged.count >= after + 20
            }
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test(arguments: [EngineKind.postgresql, .mysql])
    func aUserWhoseServerIsGoneCanBePutElsewhere(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        let server = try TestDatabaseServer.stoppable(kind)
        let base = try await TestSystem.open(TestPlace.sqlite.engine)
        let manager = MultiTenantDatabaseManager(
            main: base.main, engines: EngineRegistry([TestPlace.sqlite.engine, place.engine]),
            schema: TestSystem.userSchema, dataDirectory: base.directory.path, keyRing: KeyRing(current: .random()),
            options: .init(namePrefix: "user_g\(UInt32.random(in: 0 ... .max))_"))
        let system = TestSystem(directory: base.directory, main: base.main, manager: manager)
        _ = try await manager.addServer(TestPlace(engine: place.engine, server: server).serverRequest("gone"))
        try await server.control("stop")
        do {
            // More often than it takes to give the server up.
            for number in 0..<5 {
                let id = try await system.addUser("user\(number)", hasDatabase: false).id
                await #expect(throws: TenancyError.self) {
                    try await manager.initializeUserDatabase(id, ProvisioningRequest(server: "gone"))
                }
                #expect(try await manager.loadUserDatabaseConfig(id) == nil)
                #expect(try await manager.initializeUserDatabase(id).config.engine == .sqlite)
                try await system.addTask("works", for: id)
            }
        } catch {
            // For the tests that come after.
            try? await server.control("start")
            throw error
        }
        try await server.control("start")
        await manager.shutDown()
        await base.close()
    }

    @Test(arguments: [EngineKind.postgresql, .mysql])
    func aConnectionThatDiedIdleIsReplacedUnnoticed(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        let server = try TestDatabaseServer.stoppable(kind)
        try await TestSystem.with(place.engine, server: server.location) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("before", for: ada)
            #expect(system.manager.poolReport.now.idle == 1)
            try await server.control("stop")
            try await server.control("start")
            #expect(try await system.taskTitles(of: ada) == ["before"])
        }
    }
}
