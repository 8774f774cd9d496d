import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Registration, signing in, sessions: over real HTTP, in both modes.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct AccountRouteTests {
    private static func registration(_ change: [String: Any] = [:]) -> [String: Any] {
        ["username": "ada", "email": "ada@example.org", "password": TestClient.password].merging(change) { $1 }
    }

    @Test(arguments: [true, false]) func registeringGivesUserDatabaseAndToken(multiTenant: Bool) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let answer = try await server.client.post("/api/register", Self.registration())
            #expect(answer.status == 201)
            let user = try #require(answer.json["user"] as? [String: Any])
            #expect(user["username"] as? String == "ada")
            #expect(user["is_admin"] as? Bool == false)
            let database = try #require(answer.json["database"] as? [String: Any])
            #expect(database["engine"] as? String == server.place.kind.rawValue)
            #expect(database["state"] as? String == (multiTenant ? "active" : "shared"))
            let token = try #require(answer.json["token"] as? String)
            let me = try await server.client.with(token: token).get("/api/me")
            #expect(me.status == 200)
            #expect(me.json["multi_tenant"] as? Bool == multiTenant)
        }
    }

    @Test func aTakenNameOrAddressIsAConflict() async throws {
        try await TestServer.withServerInEachMode { server in
            _ = try await server.client.register("ada")
            let name = try await server.client.post(
                "/api/register", Self.registration(["username": "ADA", "email": "b@c.d"]))
            #expect(name.status == 409)
            #expect(name.code == "username_taken")
            let email = try await server.client.post("/api/register", Self.registration(["username": "bob"]))
            #expect(email.status == 409)
            #expect(email.code == "email_taken")
        }
    }

    @Test(arguments: [
        (["username": ""], "username"), (["username": "a\u{0}b"], "username"), (["username": "../x"], "username"),
        (["username": "System"], "username"), (["username": "cli"], "username"), (["username": "o'brien"], "username"),
        (["username": String(repeating: "x", count: 65)], "username"),
        (["email": "nobody"], "email"), (["email": "a@b@c"], "email"), (["password": "short"], "password"),
        (["password": "with\u{0}nul-inside"], "password"),
        (["password": String(repeating: "x", count: 2000)], "password"),
    ])
    func badFieldsAreNamed(change: [String: String], field: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let answer = try await server.client.post("/api/register", Self.registration(change))
            #expect(answer.status == 422)
            #expect(answer.code == "invalid_fields")
            #expect(answer.errorFields == [field])
            #expect(answer.header("Content-Type") == "application/problem+json")
        }
    }

    @Test func missingAndMistypedFieldsAreAllNamedAtOnce() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let answer = try await server.client.post("/api/register", ["username": 5])
            #expect(answer.status == 422)
            #expect(answer.errorFields == ["username", "email", "password"])
            let array = try await server.client.post("/api/register", [1, 2])
            #expect(array.status == 422)
        }
    }

    @Test func wrongCredentialsAreToldAlike() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let wrong = try await server.client.post("/api/login", ["username": "ada", "password": "not this one"])
            let unknown = try await server.client.post("/api/login", ["username": "eve", "password": "not this one"])
            #expect(wrong.status == 401)
            #expect(unknown.status == 401)
            #expect(wrong.code == "invalid_credentials")
            #expect(wrong.text == unknown.text)
        }
    }

    @Test func manyWrongPasswordsAreSlowedDownAndTheRightOneIsNotForAnotherUser() async throws {
        try await TestServer.withServerInEachMode { server in
            _ = try await server.client.register("ada")
            _ = try await server.client.register("bob")
            var last: TestClient.Answer?
            for _ in 0..<11 {
                last = try await server.client.post("/api/login", ["username": "ada", "password": "guess guess"])
            }
            #expect(last?.status == 429)
            #expect(last?.code == "too_many_tries")
            #expect(last?.header("Retry-After").flatMap(Int.init) ?? 0 > 0)
            let bob = try await server.client.post("/api/login", ["username": "bob", "password": TestClient.password])
            #expect(bob.status == 200)
        }
    }

    @Test func loggingOutKillsTheTokenAtOnce() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            #expect(try await ada.get("/api/me").status == 200)
            #expect(try await ada.send("POST", "/api/logout").status == 204)
            let after = try await ada.get("/api/me")
            #expect(after.status == 401)
            #expect(after.code == "not_signed_in")
        }
    }

    @Test func changingThePasswordEndsOtherSessions() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let login = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            let other = server.client.with(token: login.json["token"] as? String)
            #expect(try await other.get("/api/me").status == 200)
            let wrong = try await ada.send(
                "PUT", "/api/me/password", json: ["current_password": "wrong wrong", "new_password": "another horse"])
            #expect(wrong.status == 401)
            let change = try await ada.send(
                "PUT", "/api/me/password",
                json: ["current_password": TestClient.password, "new_password": "another horse"])
            #expect(change.status == 204)
            #expect(try await ada.get("/api/me").status == 200)
            #expect(try await other.get("/api/me").status == 401)
            let old = try await server.client.post("/api/login", ["username": "ada", "password": TestClient.password])
            #expect(old.status == 401)
            let new = try await server.client.post("/api/login", ["username": "ada", "password": "another horse"])
            #expect(new.status == 200)
        }
    }

    @Test func deletingTheAccountNeedsThePasswordAndCanBeUndone() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await ada.post("/api/tasks", ["title": "kept"])
            #expect(try await ada.send("DELETE", "/api/me", json: ["password": "wrong wrong"]).status == 401)
            #expect(try await ada.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
            #expect(try await ada.get("/api/me").status == 401)
            let login = ["username": "ada", "password": TestClient.password]
            #expect(try await server.client.post("/api/login", login).status == 403)
            try await server.accounts.restore(try #require(.init(Int64(id))))
            let again = try await server.client.post("/api/login", login)
            #expect(again.status == 200)
            let tasks = try await server.client.with(token: again.json["token"] as? String).get("/api/tasks")
            #expect(tasks.items.map { $0["title"] as? String } == ["kept"])
        }
    }

    @Test func suspendingEndsSessionsAndTheDatabaseAtOnce() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            try await server.accounts.suspend(try #require(.init(Int64(id))))
            #expect(try await ada.get("/api/tasks").status == 401)
            let login = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            #expect(login.status == 403)
            #expect(login.code == "account_suspended")
            #expect(try await bob.get("/api/tasks").status == 200)
        }
    }

    @Test func theCookieSignsInAndNeedsTheSameSiteForChanges() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let login = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            let set = try #require(login.header("Set-Cookie"))
            #expect(set.contains("HttpOnly") && set.contains("SameSite=Lax") && !set.contains("Secure"))
            let cookie = String(set.prefix { $0 != ";" })
            let read = try await server.client.send("GET", "/api/tasks", headers: ["Cookie": cookie])
            #expect(read.status == 200)
            let task = ["title": "x"]
            let origin = "http://127.0.0.1:\(server.client.port)"
            let cases: [([String: String], Int)] = [
                ([:], 403), (["Origin": "http://evil.example"], 403), (["Sec-Fetch-Site": "cross-site"], 403),
                (["Origin": "http://evil.example", "X-Requested-With": "x"], 403), (["Origin": origin], 201),
                (["Sec-Fetch-Site": "same-origin"], 201), (["X-Requested-With": "fetch"], 201),
            ]
            for (headers, status) in cases {
                let answer = try await server.client.send(
                    "POST", "/api/tasks", json: task, headers: headers.merging(["Cookie": cookie]) { $1 })
                #expect(answer.status == status, "\(headers)")
                if status == 403 { #expect(answer.code == "cross_site_request") }
            }
        }
    }

    @Test func theCookieIsSecureBehindTLS() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_PUBLIC_URL": "https://app.example.org"]) {
            server in
            let answer = try await server.client.post("/api/register", Self.registration())
            #expect(answer.header("Set-Cookie")?.contains("Secure") == true)
        }
    }

    @Test(arguments: ["", "x", "Basic abc", "Bearer", "Bearer nope", "Bearer " + String(repeating: "a", count: 5000)])
    func aBadAuthorizationIsNobody(header: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let answer = try await server.client.send("GET", "/api/me", headers: ["Authorization": header])
            #expect(answer.status == 401)
        }
    }
}
