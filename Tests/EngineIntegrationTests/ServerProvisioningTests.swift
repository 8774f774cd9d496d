import Synchronization
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// A database on a server is made whole or not at all, and nobody else's is taken for it.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct ServerProvisioningTests {
    private struct Planted: Error {}

    @Test(arguments: TestPlace.servers, ProvisioningStep.allCases.filter { $0 != .activate })
    func aFailedRegistrationLeavesNothing(place: TestPlace, step: ProvisioningStep) async throws {
        let options = MultiTenantDatabaseManager.Options(
            faults: FaultPoints { if $0 == FaultPoints.after(step) { throw Planted() } })
        try await TestSystem.with(place, options: options) { (system: TestSystem) async throws -> Void in
            await #expect(throws: TenancyError.self) { try await system.addUser("ada") }
            #expect(try await system.databaseNames(at: place) == [])
            #expect(try await system.loginNames(at: place) == [])
            #expect(try await system.manager.listConfigs(after: 0, limit: 10).isEmpty)
        }
    }

    @Test(arguments: TestPlace.servers) func manyAtOnceGetADatabaseEach(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ids = try await withThrowingTaskGroup(of: UserID.self) { group in
                for number in 0..<12 { group.addTask { try await system.addUser("user\(number)").id } }
                return try await group.reduce(into: [UserID]()) { $0.append($1) }
            }
            for id in ids { try await system.addTask("of \(id)", for: id) }
            for id in ids { #expect(try await system.taskTitles(of: id) == ["of \(id)"]) }
            #expect(try await system.databaseNames(at: place).count == 12)
        }
    }

    /// A stranger's database that has the name which the next user's would get.
    @Test(arguments: TestPlace.servers) func aStrangersDatabaseOfTheNextNameIsLeftAndNamed(place: TestPlace)
        async throws
    {
        try await TestSystem.with(place) { system in
            let next = try await system.addUser("ada").id.rawValue + 1
            let name = "\(system.manager.options.namePrefix)\(next)_db"
            var stranger = try #require(place.server?.newMainLocation())
            stranger.name = name
            try await place.engine.makeDatabase(
                at: stranger, schema: Schema([Migration(1, "nothing") { _ in [] }]), identity: nil)
            try await place.engine.withConnection(to: stranger, as: .maintenance) { connection in
                for sql in [
                    "DROP TABLE Database_Identity", "CREATE TABLE ledger (a INTEGER)", "INSERT INTO ledger VALUES (7)",
                ] {
                    try await connection.run(sql)
                }
            }
            let error = await #expect(throws: TenancyError.self) { try await system.addUser("bob") }
            let reason = error?.cause as? TenancyError
            #expect(reason?.code == .wrongDatabase, "\(String(describing: error))")
            #expect(reason?.message.contains("A database \(name) is on the server already") == true)
            let kept = try await place.engine.withConnection(to: stranger, as: .maintenance) {
                try await $0.cells("SELECT a FROM ledger")
            }
            #expect(kept == [.integer(7)])
            let cleo = try await system.addUser("cleo").id
            try await system.addTask("hers", for: cleo)
            #expect(try await system.loginNames(at: place).count == 2)
            try await place.engine.dropDatabase(at: stranger)
        }
    }

    @Test(arguments: TestPlace.servers) func aDatabaseThatNoConfigNamesIsFound(place: TestPlace) async throws {
        let options = MultiTenantDatabaseManager.Options(warmPoolSize: 1)
        try await TestSystem.with(place, options: options) { system in
            _ = try await system.addUser("ada")
            try await system.manager.refillWarmPool()
            let server = try #require(try await system.manager.serverOverview(after: 0, limit: 1).first?.server)
            #expect(try await system.manager.unclaimedDatabases(on: server) == [])
            let name = "\(system.manager.options.namePrefix)stray"
            var stray = try #require(place.server?.newLocation())
            stray.name = name
            stray.login = Login(name: name, password: Secret("Aa1-\(name)"))
            try await place.engine.makeDatabase(at: stray, schema: TestSystem.userSchema, identity: nil)
            #expect(try await system.manager.unclaimedDatabases(on: server) == [name])
            try await place.engine.dropDatabase(at: stray)
            #expect(try await system.manager.unclaimedDatabases(on: server) == [])
        }
    }

    @Test(arguments: TestPlace.servers) func aChosenNameIsUsedAndTwiceRefused(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let name = "\(system.manager.options.namePrefix)chosen"
            let ada = try await system.addUser("ada", hasDatabase: false).id
            let request = ProvisioningRequest(name: name, login: "\(name)_l", server: "server")
            let made = try await system.manager.initializeUserDatabase(ada, request)
            #expect(made.isNew && made.config.name == name && made.config.login == "\(name)_l")
            #expect(try await !system.manager.initializeUserDatabase(ada, request).isNew)
            let bob = try await system.addUser("bob", hasDatabase: false).id
            for (wrong, code) in [
                (request, TenancyError.Code.invalidConfiguration),
                (ProvisioningRequest(name: "x; DROP DATABASE y", server: "server"), .invalidConfiguration),
                (ProvisioningRequest(name: "postgres", server: "server"), .invalidConfiguration),
                (ProvisioningRequest(name: "mysql", server: "server"), .invalidConfiguration),
                (ProvisioningRequest(login: "unify_provisioner", server: "server"), .invalidConfiguration),
                // What does not begin with the installation's prefix may be anybody's.
                (ProvisioningRequest(name: "elsewhere_db", server: "server"), .invalidConfiguration),
                (ProvisioningRequest(login: "dba", server: "server"), .invalidConfiguration),
                (ProvisioningRequest(server: "nowhere"), .serverNotFound),
                (ProvisioningRequest(engine: .sqlite, server: "server"), .invalidConfiguration),
                (ProvisioningRequest(host: "x", server: "server"), .invalidConfiguration),
            ] {
                let error = await #expect(throws: TenancyError.self) {
                    try await system.manager.initializeUserDatabase(bob, wrong)
                }
                #expect(error?.code == code)
            }
            #expect(try await system.databaseNames(at: place) == [name])
        }
    }

    @Test(arguments: TestPlace.servers)
    func whatIsThereAlreadyIsAttachedOnlyIfItIsEmptyOrTheUsersOwn(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let server = try #require(place.server)
            // An operator's own database, made with a login of its own and emptied.
            let own = try await server.newEmptyDatabase(on: place.engine)
            let request = ProvisioningRequest.attaching(own)
            let ada = try await system.addUser("ada", hasDatabase: false).id
            let bob = try await system.addUser("bob", hasDatabase: false).id
            #expect(try await system.manager.initializeUserDatabase(ada, request).isNew)
            try await system.addTask("hers", for: ada)
            // The same again, for somebody else: another user's.
            let taken = await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(bob, request)
            }
            #expect(taken?.code == .invalidConfiguration)
            // One that holds somebody's rows.
            let strangers = try await server.newEmptyDatabase(on: place.engine)
            try await place.engine.withConnection(to: strangers, as: .maintenance) { connection in
                _ = try await connection.execute("CREATE TABLE ledger (a INTEGER)", limits: StatementLimits())
            }
            let occupied = await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(bob, .attaching(strangers))
            }
            #expect(occupied?.code == .provisioningFailed)
            try await place.engine.withConnection(to: strangers, as: .maintenance) { connection in
                _ = try await connection.query("SELECT a FROM ledger", limits: StatementLimits())
            }
            #expect(try await system.taskTitles(of: ada) == ["hers"])
        }
    }

    // MARK: Stock

    @Test(arguments: TestPlace.servers) func databasesInStockAreClaimedOnceEach(place: TestPlace) async throws {
        try await TestSystem.with(place, options: .init(warmPoolSize: 4)) { system in
            try await system.manager.refillWarmPool()
            let stock = try await system.databaseNames(at: place)
            #expect(stock.count == 4)
            let ids = try await withThrowingTaskGroup(of: UserID.self) { group in
                for number in 0..<6 { group.addTask { try await system.addUser("user\(number)").id } }
                return try await group.reduce(into: [UserID]()) { $0.append($1) }
            }
            var names: [String] = []
            for id in ids {
                try await system.addTask("of \(id)", for: id)
                names.append(try #require(try await system.manager.loadUserDatabaseConfig(id)?.name))
            }
            for id in ids { #expect(try await system.taskTitles(of: id) == ["of \(id)"]) }
            #expect(Set(names).count == 6)
            #expect(Set(names).isSuperset(of: stock), "the stock is used first")
            try await system.manager.refillWarmPool()
            #expect(try await system.databaseNames(at: place).count == 10)
        }
    }

    @Test(arguments: TestPlace.servers) func stockOfAnOlderSchemaIsThrownAway(place: TestPlace) async throws {
        let ring = KeyRing(current: .random())
        try await place.whileOthersWait {
            let system = try await TestSystem.open(
                place.engine, server: place.server?.location, options: .init(warmPoolSize: 2), keyRing: ring)
            try await system.manager.refillWarmPool()
            let old = try await system.databaseNames(at: place)
            let newer = MultiTenantDatabaseManager(
                main: system.main, engines: EngineRegistry([place.engine]),
                schema: Schema(
                    TestSystem.userSchema.migrations + [
                        Migration(
                            2, "more",
                            creating: [TableDefinition("More", columns: [ColumnDefinition("More_ID", .identity)])])
                    ]), dataDirectory: system.directory.path, keyRing: ring, options: system.manager.options)
            try await newer.refillWarmPool()
            let fresh = try await system.databaseNames(at: place)
            #expect(fresh.count == 2 && Set(fresh).isDisjoint(with: old))
            await newer.shutDown()
            await system.close()
        }
    }

    @Test(arguments: TestPlace.servers, WarmStep.allCases.map { FaultPoints.after($0) })
    func stockLeftHalfMadeIsNobodys(place: TestPlace, point: String) async throws {
        let isArmed = Atomic(true)
        let options = MultiTenantDatabaseManager.Options(
            warmPoolSize: 1,
            faults: FaultPoints { if $0 == point, isArmed.exchange(false, ordering: .relaxed) { throw Planted() } })
        try await TestSystem.with(place, options: options) { (system: TestSystem) async throws -> Void in
            // The failure of one server is logged, and no reason to fail for others.
            try await system.manager.refillWarmPool()
            let ada = try await system.addUser("ada").id
            try await system.addTask("hers", for: ada)
            #expect(try await system.taskTitles(of: ada) == ["hers"])
            #expect(try await system.manager.loadUserDatabaseConfig(ada)?.name?.contains("_w") == false)
        }
    }
}
