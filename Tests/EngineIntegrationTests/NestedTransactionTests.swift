import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Code that would wait for its own transaction is told so at once, on every engine.
@Suite(.timeLimit(.minutes(5))) struct NestedTransactionTests {
    @Test(arguments: TestPlace.all)
    func theMainDatabaseIsNotWrittenInsideItsOwnTransaction(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            let main = system.main
            try await main.transaction { database in
                try await database.execute("UPDATE Users SET Email = 'new@example.org'")
                // On a server, both would wait for the row, which this task has locked.
                #expect(try await code { try await main.transaction { try await change($0) } } == .nestedLease)
                #expect(try await code { try await main.withDatabase(.write) { try await change($0) } } == .nestedLease)
                #expect(try await code { try await main.withDatabase(.read) { _ in } } == nil)
                #expect(try await code { try await system.manager.withUserDatabase(ada) { _ in } } == nil)
            }
            #expect(try await code { try await main.transaction { try await change($0) } } == nil)
        }
    }

    private func change(_ database: DatabaseHandle) async throws {
        try await database.execute("UPDATE Users SET Email = 'newer@example.org'")
    }

    @Test(arguments: TestPlace.servers)
    func theOnlyConnectionOfADatabaseIsNotLentTwice(place: TestPlace) async throws {
        let pool = PoolLimits(poolSize: 1, maxOverflow: 0, waitLimit: .seconds(60))
        try await TestSystem.with(place, options: .init(pool: pool)) { system in
            let (ada, manager) = (try await system.addUser("ada").id, system.manager)
            try await manager.withUserDatabase(ada, .read) { database in
                #expect(try await code { try await manager.withUserDatabase(ada, .read) { _ in } } == .nestedLease)
                _ = try await database.fetchAll("SELECT 1")
            }
            #expect(try await code { try await manager.withUserDatabase(ada, .read) { _ in } } == nil)
        }
    }
}
