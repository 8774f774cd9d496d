import Logging
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// One manager, users on every engine at once, the main database on each in turn.
@Suite(.timeLimit(.minutes(15))) struct MixtureTests {
    @Test(arguments: TestPlace.all) func usersOnEveryEngineSideBySide(place: TestPlace) async throws {
        try await place.whileOthersWait {
            let base = try await TestSystem.open(place.engine, server: place.server?.location)
            let manager = MultiTenantDatabaseManager(
                main: base.main, engines: EngineRegistry(TestPlace.all.map(\.engine)), schema: TestSystem.userSchema,
                dataDirectory: base.directory.path, keyRing: KeyRing(current: .random()),
                options: .init(expectedTables: ["Tasks"], namePrefix: "user_m\(UInt32.random(in: 0 ... .max))_"))
            let system = TestSystem(directory: base.directory, main: base.main, manager: manager)
            var users: [(UserID, EngineKind)] = []
            for other in TestPlace.all {
                if other.server != nil { _ = try await manager.addServer(other.serverRequest("s-\(other.kind)")) }
                for number in 0..<2 {
                    let id = try await system.addUser("\(other.kind.rawValue)\(number)", hasDatabase: false).id
                    let server = other.server == nil ? nil : "s-\(other.kind)"
                    let request = ProvisioningRequest(engine: other.kind, server: server)
                    #expect(try await manager.initializeUserDatabase(id, request).isNew)
                    users.append((id, other.kind))
                }
            }
            for (id, kind) in users { try await system.addTask("\(kind) \(id)", for: id) }
            for (id, kind) in users {
                #expect(try await system.taskTitles(of: id) == ["\(kind) \(id)"])
                #expect(try await manager.loadUserDatabaseConfig(id)?.engine == kind)
                let report = try await manager.testUserDatabase(id)
                #expect(report.isOK, "\(report.checks)")
            }
            #expect(try await manager.totalStatistics().databases == users.count)
            await manager.shutDown()
            await base.close()
        }
    }

    /// Two processes on one main database: what one changes the other obeys within the bound that is documented.
    @Test(arguments: TestPlace.all) func anotherProcessSeesAChange(place: TestPlace) async throws {
        let ring = KeyRing(current: .random())
        try await place.whileOthersWait {
            let first = try await TestSystem.open(place.engine, server: place.server?.location, keyRing: ring)
            let ada = try await first.addUser("ada").id
            let second = try await first.another(at: place, options: .init(), keyRing: ring)
            #expect(try await second.taskTitles(of: ada) == [])
            let feed = ChangeFeed(main: second.main, logger: Logger(label: "test")) { await second.manager.apply($0) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await feed.run() }
                try await first.manager.suspendUser(ada)
                try await eventually("the suspension is seen", within: .seconds(60)) {
                    do {
                        _ = try await second.taskTitles(of: ada)
                        return false
                    } catch let error as TenancyError {
                        return error.code == .databaseSuspended
                    }
                }
                try await first.manager.resumeUser(ada)
                try await eventually("the end of it is seen", within: .seconds(60)) {
                    (try? await second.taskTitles(of: ada)) != nil
                }
                group.cancelAll()
                // Cancelled as it was told.
                try? await group.waitForAll()
            }
            await second.close()
            await first.close()
        }
    }
}
