import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// A user who is removed for good is gone from the whole application, not from the library's own tables alone.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct PurgeRouteTests {
    /// These tell of removed users on purpose: what was done, by whom, and that nobody may come back.
    private static let kept: Set<String> = ["Tombstone", "Audit_Log", "Job", "Change_Log"]

    @Test(arguments: [true, false]) func nothingNamesARemovedUser(multiTenant: Bool) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let (ada, id) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let user = try #require(UserID(Int64(id)))
            for (path, item) in ItemRouteTests.samples {
                for client in [ada, bob] { #expect(try await client.post(path, item).status == 201) }
            }
            let tokens = try await [ada] + openSessions(of: id, server)
            for client in tokens { #expect(try await client.get("/api/tasks").items.count == 1) }
            let before = try await tables(naming: user, at: server)
            let own: Set<String> = multiTenant ? ["User_Database_Config"] : ["Tasks", "Notes", "Events"]
            let expected = own.union(["Users", "Session", "Data_Access"])
            #expect(before.isSuperset(of: expected), "\(before)")

            #expect(try await ada.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
            let date = server.manager.main.time.wallNow.adding(.seconds(60))
            try await server.manager.purgeUser(user, deletedBefore: date)

            let after = try await tables(naming: user, at: server)
            #expect(after.isSubset(of: Self.kept), "\(after)")
            #expect(after.contains("Tombstone"))
            for client in tokens { #expect(try await client.get("/api/tasks").status == 401) }
            let login = ["username": "ada", "password": TestClient.password]
            #expect(try await server.client.post("/api/login", login).code == "invalid_credentials")
            for (path, _) in ItemRouteTests.samples { #expect(try await bob.get(path).items.count == 1) }
            // The name is free again; the number is not, nor what was under it.
            let again = try await server.client.register("ada")
            #expect(again.id > id)
            for (path, _) in ItemRouteTests.samples { #expect(try await again.client.get(path).items.isEmpty) }
            #expect(try await again.client.get("/api/me/accesses").items.isEmpty)
        }
    }

    /// A second session of the user's, and an administrator's leave to read their data.
    private func openSessions(of id: Int, _ server: TestServer) async throws -> [TestClient] {
        let login = try await server.client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        let (root, _) = try await server.makeAdmin()
        let access = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
        #expect(access.status == 201)
        return [login, access].map { server.client.with(token: $0.json["token"] as? String) }
    }

    /// The tables of the main database in which a row is about the user.
    private func tables(naming user: UserID, at server: TestServer) async throws -> Set<String> {
        let tables = AppSchema.mainDatabase.migrations.flatMap(\.tables).filter { table in
            table.columns.contains { $0.name == "User_ID" }
        }
        return try await server.manager.main.withDatabase(.read) { database in
            var found: Set<String> = []
            for table in tables {
                let sql = "SELECT COUNT(*) AS Number FROM \(database.dialect.quote(table.name)) WHERE User_ID = ?"
                let row = try await database.fetchOne(sql, [.integer(user.rawValue)])
                if try row?.integer("Number") ?? 0 > 0 { found.insert(table.name.text) }
            }
            return found
        }
    }
}
