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
}
