import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// What is missing in a database is made; whose database it is decides its stamp, all of it.
@Suite(.timeLimit(.minutes(5))) struct RepairTests {
    /// As whoever maintains the database: by the provisioning login on a server.
    private func maintain(
        _ system: TestSystem, _ place: TestPlace, _ id: UserID, _ statements: SQLStatement...
    ) async throws {
        var location = try await system.manager.unsafeLocation(of: id)
        location.provisioningLogin = place.server?.location.login
        try await place.engine.withConnection(to: location, as: .maintenance) { connection in
            for statement in statements { _ = try await connection.execute(statement, limits: StatementLimits()) }
        }
    }

    @Test(arguments: TestPlace.all) func aMissingTableIsMade(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            try await maintain(system, place, ada, "DROP TABLE Tasks")
            #expect(try await !system.manager.testUserDatabase(ada).isOK)
            #expect(try await system.manager.repairTables(of: ada) == ["Tasks"])
            try await system.addTask("again", for: ada)
            #expect(try await system.taskTitles(of: ada) == ["again"])
            #expect(try await system.manager.repairTables(of: ada) == [])
            #expect(try await system.manager.testUserDatabase(ada).isOK)
        }
    }

    /// A database of the same user's number from before a repair, or of another installation.
    @Test(arguments: TestPlace.all) func aStampOfTheSameUserAndAnotherDatabaseIsRefused(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("hers", for: ada)
            await system.manager.evictOldest()
            try await maintain(
                system, place, ada,
                SQLStatement(
                    "UPDATE \(place.engine.dialect.quote("Database_Identity")) SET Database_UUID = ?",
                    [.text(DatabaseID.random().text)]))
            let error = await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
            #expect(error?.code == .wrongDatabase)
            let identity = try await system.manager.testUserDatabase(ada).checks.first { $0.name == "identity" }
            #expect(identity?.code == .wrongDatabase)
        }
    }

    @Test(arguments: TestPlace.all) func aDatabaseWithoutAStampIsRefused(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("hers", for: ada)
            await system.manager.evictOldest()
            try await maintain(
                system, place, ada, SQLStatement("DELETE FROM \(place.engine.dialect.quote("Database_Identity"))"))
            let error = await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
            #expect(error?.code == .wrongDatabase)
            let identity = try await system.manager.testUserDatabase(ada).checks.first { $0.name == "identity" }
            #expect(identity?.code == .wrongDatabase)
        }
    }

    @Test(arguments: TestPlace.all) func aDatabaseWithoutAStampsTableIsNotCalledLost(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            await system.manager.evictOldest()
            try await maintain(system, place, ada, "DROP TABLE Database_Identity")
            let error = await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
            #expect(error?.code == .wrongDatabase)
            let identity = try await system.manager.testUserDatabase(ada).checks.first { $0.name == "identity" }
            #expect(identity?.code == .wrongDatabase && identity?.cause == .tableMissing)
        }
    }
}
