import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// A user whose data an administrator has put elsewhere sees where it is.
@Suite(.timeLimit(.minutes(5))) struct AttachedDatabaseTests {
    @Test(arguments: TestPlace.servers) func theUserSeesWhereTheirDataIs(place: TestPlace) async throws {
        try await TestServer.withServer(on: [place], multiTenant: true) { server in
            let database = try await #require(place.server).newEmptyDatabase(on: place.engine)
            let bob = Accounts.NewUser(
                username: "bob", email: "bob@example.org", password: Secret(TestClient.password), isAdmin: false)
            _ = try await server.accounts.create(bob, request: .attaching(database))
            _ = try await server.client.register("ada")
            for (name, isAttached) in [("ada", false), ("bob", true)] {
                let fields = ["username": name, "password": TestClient.password]
                let login = try await server.client.post("/api/login", fields)
                let client = server.client.with(token: try #require(login.json["token"] as? String))
                let attached = (try await client.get("/api/me").json["database"] as? [String: Any])?["attached"]
                #expect(((attached as? [String: Any])?["host"] as? String == "127.0.0.1") == isAttached)
                #expect(((attached as? [String: Any])?["since"] is String) == isAttached)
                let page = try await client.get("/account")
                #expect(page.status == 200)
                let isTold = page.text.contains(
                    "Your data is kept on <strong>127.0.0.1</strong>, a computer that your administrator chose on")
                #expect(isTold == isAttached)
            }
        }
    }
}
