import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Accounts that come back, and administrators of whom one must stay.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct AccountStateTests {
    private func signIn(_ name: String, _ server: TestServer) async throws -> TestClient {
        let answer = try await server.client.post(
            "/api/login", ["username": name, "password": TestClient.password])
        #expect(answer.status == 200, "\(answer.text)")
        return server.client.with(token: try #require(answer.json["token"] as? String))
    }

    /// The status that a token gets in each way in which it can be sent.
    private func statuses(of client: TestClient) async throws -> Set<Int> {
        let cookie = ["Cookie": "unify_session=\(client.token ?? "")"]
        let byCookie = try await client.with(token: nil).send("GET", "/api/tasks", headers: cookie)
        return [try await client.get("/api/tasks").status, byCookie.status]
    }

    @Test func oldTokensStayDeadWhenTheAccountComesBack() async throws {
        try await TestServer.withServerInEachMode { server in
            let (first, id) = try await server.client.register("ada")
            let ada = try #require(UserID(Int64(id)))
            // From now on the server keeps the session in memory.
            #expect(try await statuses(of: first) == [200])
            try await server.accounts.suspend(ada)
            try await server.accounts.resume(ada)
            #expect(try await statuses(of: first) == [401])
            let second = try await signIn("ada", server)
            #expect(try await statuses(of: second) == [200])
            #expect(try await second.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
            try await server.accounts.restore(ada)
            for old in [first, second] { #expect(try await statuses(of: old) == [401]) }
            let third = try await signIn("ada", server)
            #expect(try await statuses(of: third) == [200])
        }
    }

    @Test func whoWasSuspendedIsSuspendedWhenTheAccountComesBack() async throws {
        try await TestServer.withServerInEachMode { server in
            let (_, id) = try await server.client.register("ada")
            let ada = try #require(UserID(Int64(id)))
            let wrong = ["username": "ada", "password": TestClient.password]
            // Deleted twice: the second time changes nothing, nor what is known of the first.
            try await server.accounts.suspend(ada)
            #expect(try await server.accounts.delete(ada))
            #expect(try await !server.accounts.delete(ada))
            #expect(try await server.accounts.restore(ada))
            #expect(try await server.client.post("/api/login", wrong).code == "account_suspended")
            #expect(try await code { try await server.accounts.restore(ada) } == .invalidConfiguration)
            try await server.accounts.resume(ada)
            _ = try await signIn("ada", server)
            // An active account that is deleted later comes back active.
            try await server.accounts.delete(ada)
            #expect(try await server.accounts.restore(ada))
            _ = try await signIn("ada", server)
        }
    }

    @Test func theLastAdministratorCannotLeave() async throws {
        try await TestServer.withServerInEachMode { server in
            let (root, _) = try await server.makeAdmin()
            // A user is no other administrator.
            _ = try await server.client.register("ada")
            #expect(try await root.post("/api/tasks", ["title": "kept"]).status == 201)
            let confirmation = ["password": TestClient.password]
            let refused = try await root.send("DELETE", "/api/me", json: confirmation)
            #expect(refused.status == 409)
            #expect(refused.code == "last_admin")
            #expect(refused.header("Set-Cookie") == nil, "the session goes on")
            let user = try await root.get("/api/me").json["user"] as? [String: Any]
            #expect(user?["is_admin"] as? Bool == true)
            #expect(try await titles(of: root) == ["kept"])
            let again = try await signIn("root", server)
            #expect(try await titles(of: again) == ["kept"])
            let actions = try await root.get("/admin/audit").items.compactMap { $0["action"] as? String }
            #expect(Set(actions).isDisjoint(with: ["user.delete", "user.suspend"]))
            _ = try await server.makeAdmin("second")
            #expect(try await root.send("DELETE", "/api/me", json: confirmation).status == 202)
        }
    }

    private func titles(of client: TestClient) async throws -> [String] {
        try await client.get("/api/tasks").items.compactMap { $0["title"] as? String }
    }

    @Test func ofTwoAdministratorsWhoAreSuspendedAtOnceOneStays() async throws {
        try await TestServer.withServerInEachMode { server in
            let first = try await server.makeAdmin("first").id
            let second = try await server.makeAdmin("second").id
            let both = [try #require(UserID(Int64(first))), try #require(UserID(Int64(second)))]
            for round in 1...5 {
                let suspended = try await suspend(both, at: server)
                #expect(suspended.count == 1, "round \(round)")
                let active = try await activeAdministrators(of: server)
                let others = Set(both).subtracting(suspended)
                #expect(Set(active) == others, "round \(round)")
                for user in suspended { try await server.accounts.resume(user) }
            }
        }
    }

    /// Suspends users at the same time.
    /// - Returns: those with whom it was done.
    private func suspend(_ users: [UserID], at server: TestServer) async throws -> [UserID] {
        // Busy where each waits for the other's row, and the server ends one of the two.
        let expected: [TenancyError.Code?] = [nil, .invalidConfiguration, .busy]
        return try await withThrowingTaskGroup(of: (UserID, TenancyError.Code?).self) { group in
            for user in users {
                group.addTask { (user, try await code { try await server.accounts.suspend(user) }) }
            }
            var suspended: [UserID] = []
            for try await (user, refusal) in group {
                #expect(expected.contains(refusal))
                if refusal == nil { suspended.append(user) }
            }
            return suspended
        }
    }

    private func activeAdministrators(of server: TestServer) async throws -> [UserID] {
        let users = try await server.manager.main.withDatabase(.read) {
            try await UserRepository($0).list(after: 0, limit: 100)
        }
        return users.filter { $0.isAdmin && $0.isActive }.map(\.id)
    }

    @Test func nobodyBecomesAnAdministratorByAsking() async throws {
        try await TestServer.withServerInEachMode { server in
            let wishes: [String: Any] = [
                "is_admin": true, "isAdmin": true, "Is_Admin": 1, "role": "admin", "user": ["is_admin": true],
            ]
            let account: [String: Any] = [
                "username": "ada", "email": "ada@example.org", "password": TestClient.password,
            ]
            for (name, wish) in wishes {
                let answer = try await server.client.post("/api/register", account.merging([name: wish]) { $1 })
                #expect(answer.status == 422, "\(name)")
                #expect(answer.json["token"] == nil)
            }
            let answer = try await server.client.post("/api/register?is_admin=true", account)
            #expect(answer.status == 201)
            let user = answer.json["user"] as? [String: Any]
            #expect(user?["is_admin"] as? Bool == false)
            let ada = server.client.with(token: try #require(answer.json["token"] as? String))
            let refused = try await ada.get("/admin/users")
            #expect(refused.status == 403)
            #expect(refused.code == "admin_required")
            #expect(try await activeAdministrators(of: server) == [])
        }
    }
}
