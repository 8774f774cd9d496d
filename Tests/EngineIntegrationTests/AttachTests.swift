import Synchronization
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// A database of an operator's own, and what may be wrong with it: the user is never worse off than before.
@Suite(.timeLimit(.minutes(10))) struct AttachTests {
    private func newDatabase(at place: TestPlace) async throws -> DatabaseLocation {
        try await #require(place.server).newEmptyDatabase(on: place.engine)
    }

    /// Attaches, sees it refused for this reason, and sees that the user can be given a database at once.
    private func expectRefusal(
        _ location: DatabaseLocation, _ system: TestSystem, _ place: TestPlace, tls: TLSOptions? = nil,
        cause: Set<TenancyError.Code>
    ) async throws {
        let id = try await system.addUser("u\(UInt32.random(in: 0 ... .max))", hasDatabase: false).id
        let error = await #expect(throws: TenancyError.self) {
            try await system.manager.initializeUserDatabase(id, .attaching(location, tls: tls))
        }
        #expect(error?.code == .provisioningFailed)
        let reason = error?.cause as? TenancyError
        #expect(reason.map { cause.contains($0.code) } == true, "\(String(describing: error))")
        #expect(try await system.manager.loadUserDatabaseConfig(id) == nil)
        let job = try await system.main.withDatabase(.read) {
            try await JobRepository($0).list(before: nil, limit: 1).first
        }
        #expect(job?.state == .failed)
        #expect(job?.error?.contains(reason?.message ?? "no reason") == true)
        #expect(try await system.manager.initializeUserDatabase(id).isNew)
        try await system.addTask("works", for: id)
    }

    @Test(arguments: TestPlace.servers) func whatIsWrongIsSaidAndTheUserGoesOn(place: TestPlace) async throws {
        let options = attachingAnywhere()
        try await TestSystem.with(place, options: options) { system in
            let good = try await newDatabase(at: place)
            let login = try #require(good.login)
            var wrong = good
            wrong.login = Login(name: login.name, password: Secret("wrong"))
            try await expectRefusal(wrong, system, place, cause: [.loginRefused])
            wrong = good
            wrong.port = 9
            try await expectRefusal(wrong, system, place, cause: [.connectionFailed])
            wrong = good
            wrong.host = "nowhere.invalid"
            try await expectRefusal(
                wrong, system, place, tls: TLSOptions(mode: .require), cause: [.connectionFailed])
            // A remote host is verified by default, and not every driver for SQL Server can do that.
            let unverifiable: Set<TenancyError.Code> = place.kind == .sqlserver ? [.invalidConfiguration] : []
            try await expectRefusal(wrong, system, place, cause: unverifiable.union([.connectionFailed]))
            wrong = good
            wrong.name = "user_nothing_here"
            try await expectRefusal(wrong, system, place, cause: [.databaseMissing, .loginRefused])
            _ = try await place.engine.withConnection(to: good, as: .maintenance) {
                try await $0.run("CREATE TABLE ledger (a INTEGER)")
            }
            try await expectRefusal(good, system, place, cause: [.wrongDatabase])
            try await place.engine.withConnection(to: good, as: .maintenance) { connection in
                #expect(try await connection.cells("SELECT a FROM ledger") == [])
                try await connection.run("DROP TABLE ledger")
            }
            // The very same one is good now.
            let ada = try await system.addUser("ada", hasDatabase: false).id
            #expect(try await system.manager.initializeUserDatabase(ada, .attaching(good)).isNew)
            try await system.addTask("hers", for: ada)
            let entry = try await system.main.withDatabase(.read) {
                try await AuditLog($0).list(before: nil, limit: 50).first { $0.userID == ada }
            }
            let port = try #require(good.port)
            #expect(
                entry?.detail
                    == "engine \(place.kind.rawValue), host 127.0.0.1, port \(port), database \(good.name ?? ""), "
                    + "login \(login.name), attached")
        }
    }

    private func attachingAnywhere() -> MultiTenantDatabaseManager.Options {
        var options = MultiTenantDatabaseManager.Options()
        options.attachHosts = ["127.0.0.1", "nowhere.invalid"].compactMap(AttachHost.init)
        return options
    }

    @Test(arguments: TestPlace.servers, ProvisioningStep.allCases.filter { $0 != .activate })
    func aFailureAtAnyStepLeavesTheDatabaseAsItWas(place: TestPlace, step: ProvisioningStep) async throws {
        let isArmed = Lock(true)
        let options = MultiTenantDatabaseManager.Options(
            faults: FaultPoints { point in
                let isHit = isArmed.withLock { isArmed in
                    defer { if point == FaultPoints.after(step) { isArmed = false } }
                    return isArmed && point == FaultPoints.after(step)
                }
                if isHit { throw TestFailure("planted") }
            })
        try await TestSystem.with(place, options: options) { system in
            let database = try await newDatabase(at: place)
            let ada = try await system.addUser("ada", hasDatabase: false).id
            await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(ada, .attaching(database))
            }
            #expect(try await system.manager.loadUserDatabaseConfig(ada) == nil)
            #expect(try await system.manager.initializeUserDatabase(ada, .attaching(database)).isNew)
            try await system.addTask("hers", for: ada)
        }
    }

    @Test(arguments: TestPlace.servers) func otherHostsAreRefusedBeforeAnythingIsWritten(place: TestPlace) async throws
    {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada", hasDatabase: false).id
            let good = try #require(place.server?.newMainLocation())
            for (host, port) in [
                ("evil.example.org", nil), ("127.0.0.1", 9), ("/var/run/postgresql", nil), ("a@b", nil), ("a,b", nil),
                ("", nil), ("127.0.0.1 port=9", nil), ("a;b", nil), ("a{b}", nil), ("tcp:a", nil), ("-a", nil),
            ] as [(String, Int?)] {
                var wrong = good
                (wrong.host, wrong.port) = (host, port)
                let error = await #expect(throws: TenancyError.self, "\(host)") {
                    try await system.manager.initializeUserDatabase(ada, .attaching(wrong))
                }
                #expect(error?.code == .invalidConfiguration, "\(host)")
                if ["evil.example.org", "127.0.0.1"].contains(host) {
                    #expect(error?.message.contains("UNIFY_ATTACH_HOSTS=\(host)") == true)
                }
            }
            #expect(try await system.manager.loadUserDatabaseConfig(ada) == nil)
        }
    }

    /// Two installations with one prefix on one server.
    @Test(arguments: TestPlace.servers) func anotherInstallationsDatabaseAndLoginAreLeftAlone(
        place: TestPlace
    ) async throws {
        let prefix = "user_i\(UInt32.random(in: 0 ... .max))_"
        try await TestSystem.with(place, options: .init(namePrefix: prefix)) { first in
            let ada = try await first.addUser("ada").id
            try await first.addTask("hers", for: ada)
            try await TestSystem.with(place.engine, server: place.server?.location, options: .init(namePrefix: prefix))
            {
                (second: TestSystem) async throws -> Void in
                await #expect(throws: TenancyError.self) { try await second.addUser("bob") }
                #expect(try await second.manager.listConfigs(after: 0, limit: 10).isEmpty)
            }
            await first.manager.evictOldest()
            let again = try #require(try await first.manager.loadUserDatabaseConfig(ada))
            let report = try await first.manager.testUserDatabase(ada)
            #expect(report.isOK, "\(again.displayName): \(report.checks)")
        }
    }
}
