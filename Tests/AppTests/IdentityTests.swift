import Foundation
import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// Users change their username and their address, and see and end their sessions.
@Suite(.timeLimit(.minutes(15))) struct IdentityTests {
    @Test func aUserChangesNameAndAddressWithThePassword() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await server.client.register("bob")
            func put(_ field: String, _ value: String, _ password: String = TestClient.password) async throws
                -> TestClient.Answer
            {
                try await ada.send("PUT", "/api/me/\(field)", json: [field: value, "password": password])
            }
            #expect(try await put("username", "lovelace", "wrong wrong").code == "invalid_credentials")
            #expect(try await put("email", "new@example.org", "wrong wrong").code == "invalid_credentials")
            #expect(try await put("username", "BOB").code == "username_taken")
            #expect(try await put("email", "Bob@Example.org").code == "email_taken")
            #expect(try await put("username", "a@b").errorFields == ["username"])
            #expect(try await put("email", "<new@example.org>").errorFields == ["email"])
            let renamed = try await put("username", "Lovelace")
            #expect(renamed.status == 200)
            #expect((renamed.json["user"] as? [String: Any])?["username"] as? String == "Lovelace")
            #expect(try await put("email", "jos\u{E9}@example.org").status == 200)
            #expect(try await put("email", "JOS\u{C9}@example.org").status == 200, "another spelling of one's own")
            let me = try await ada.get("/api/me").json["user"] as? [String: Any]
            #expect(me?["id"] as? Int == id && me?["username"] as? String == "Lovelace")
            #expect(me?["email"] as? String == "JOS\u{C9}@example.org")
            for (name, status) in [
                ("lovelace", 200), ("jose\u{301}@example.org", 200), ("ada", 401), ("ada@example.org", 401),
            ] {
                let answer = try await server.client.post(
                    "/api/login", ["username": name, "password": TestClient.password])
                #expect(answer.status == status, "\(name)")
            }
            // What was given up is free again.
            #expect(try await server.client.register("ada").id != id)
            let events = try await ada.get("/api/me/security-events").items.compactMap { $0["event"] as? String }
            #expect(events.filter { $0 == "user.rename" }.count == 1)
            #expect(events.filter { $0 == "user.set_email" }.count == 2)
        }
    }

    @Test func aNameThatThePasswordIsMadeOfIsRefused() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let password = "kestrelmarsh77"
            let answer = try await server.client.post(
                "/api/register", ["username": "ada", "email": "ada@example.org", "password": password])
            #expect(answer.status == 201)
            let ada = server.client.with(token: answer.json["token"] as? String)
            for (field, value) in [("username", "KestrelMarsh"), ("email", "kestrelmarsh@example.org")] {
                let refused = try await ada.send("PUT", "/api/me/\(field)", json: [field: value, "password": password])
                #expect(refused.status == 422 && refused.errorFields == [field])
            }
        }
    }

    @Test func thePagesChangeThemToo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("bob")
            let page = PageClient(port: server.client.port)
            try await page.signUp("ada")
            let taken = try await page.post("/account/username", ["username": "bob", "password": TestClient.password])
            #expect(taken.status == 409 && taken.html.contains("This username is taken."))
            let wrong = try await page.post("/account/email", ["email": "x@example.org", "password": "wrong wrong"])
            #expect(wrong.status == 401 && wrong.html.contains("x@example.org"))
            let renamed = try await page.post(
                "/account/username", ["username": "lovelace", "password": TestClient.password])
            #expect(renamed.location == "/account?notice=username-changed")
            let moved = try await page.post(
                "/account/email", ["email": "l@example.org", "password": TestClient.password])
            #expect(moved.location == "/account?notice=email-changed")
            let account = try await page.get("/account").html
            #expect(account.contains("lovelace") && account.contains("l@example.org"))
        }
    }

    @Test func ofTwoWhoTakeOneNameAtOnceOneGetsIt() async throws {
        try await TestServer.withServer { server in
            let clients = try await (0..<6).asyncMap { try await server.client.register("user\($0)").client }
            for (field, value) in [("username", "wanted"), ("email", "wanted@example.org")] {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { tasks in
                    for client in clients {
                        tasks.addTask {
                            try await client.send(
                                "PUT", "/api/me/\(field)", json: [field: value, "password": TestClient.password]
                            ).status
                        }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }.sorted()
                }
                #expect(statuses == [200, 409, 409, 409, 409, 409], "\(field)")
            }
        }
    }

    @Test func anAdministratorChangesBothOrNeither() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            _ = try await server.client.register("bob")
            let (root, rootID) = try await server.makeAdmin()
            let half = try await root.send(
                "PATCH", "/admin/users/\(id)", json: ["username": "lovelace", "email": "bob@example.org"])
            #expect(half.status == 409 && half.code == "email_taken")
            let both = try await root.send(
                "PATCH", "/admin/users/\(id)", json: ["username": "lovelace", "email": "l@example.org"])
            let user = both.json["user"] as? [String: Any]
            #expect(user?["username"] as? String == "lovelace" && user?["email"] as? String == "l@example.org")
            let entries = try await root.get("/admin/audit").items.filter {
                ["user.rename", "user.set_email"].contains($0["action"] as? String)
            }
            #expect(
                entries.map { $0["detail"] as? String } == [
                    "ada@example.org to l@example.org", "ada to lovelace",
                ])
            #expect(entries.allSatisfy { $0["actor_id"] as? Int == rootID && $0["user_id"] as? Int == id })
            #expect(try await root.send("PATCH", "/admin/users/999", json: ["username": "x"]).status == 404)
        }
    }

    @Test func theConsoleChangesThemAndAsksForNoLessThanTheInterface() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await server.makeAdmin()
            let console = PageClient(port: server.client.port)
            try await console.signIn("root")
            let path = "/admin/console/databases/\(id)"
            let taken = try await console.post("\(path)/identity", ["username": "root", "email": "ada@example.org"])
            #expect(taken.status == 409 && taken.html.contains("This username is taken."))
            let bad = try await console.post("\(path)/identity", ["username": "ada", "email": "<a@b.org>"])
            #expect(bad.status == 422 && bad.html.contains("one address alone"))
            let done = try await console.post("\(path)/identity", ["username": "lovelace", "email": "l@example.org"])
            #expect(done.location == "\(path)?notice=saved")
            let me = try await ada.get("/api/me").json["user"] as? [String: Any]
            #expect(me?["username"] as? String == "lovelace" && me?["email"] as? String == "l@example.org")
        }
    }

    @Test func changesCostWhatAccountsCost() async throws {
        try await TestServer.withServer(
            on: [.sqlite], environment: ["UNIFY_PUBLIC_URL": "https://app.example.org", "UNIFY_REGISTRATION_RATE": "4"]
        ) { server in
            let (ada, _) = try await server.client.register("ada")
            var statuses: [Int] = []
            for index in 0..<4 {
                statuses.append(
                    try await ada.send(
                        "PUT", "/api/me/username", json: ["username": "ada\(index)", "password": TestClient.password]
                    ).status)
            }
            #expect(statuses == [200, 200, 200, 429])
        }
    }

    @Test func sessionsAreListedAndEndedByTheInterface() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let login = try await server.client.send(
                "POST", "/api/login", json: ["username": "ada", "password": TestClient.password],
                headers: ["User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"])
            let phone = server.client.with(token: login.json["token"] as? String)
            let items = try await ada.get("/api/me/sessions").items
            #expect(items.count == 2)
            #expect(items[0]["client"] as? String == "Firefox on Linux")
            #expect(items.allSatisfy { $0["address"] as? String == "127.0.0.1" && $0["used_at"] is String })
            #expect(items.map { $0["is_current"] as? Bool } == [false, true])
            let id = try #require(items[0]["id"] as? Int)
            #expect(try await bob.send("DELETE", "/api/me/sessions/\(id)").status == 404)
            #expect(try await phone.get("/api/me").status == 200)
            #expect(try await ada.send("DELETE", "/api/me/sessions/\(id)").status == 204)
            #expect(try await phone.get("/api/me").status == 401)
            #expect(try await ada.send("DELETE", "/api/me/sessions/\(id)").status == 404)
            _ = try await server.client.post("/api/login", ["username": "ada", "password": TestClient.password])
            #expect(try await ada.send("DELETE", "/api/me/sessions").status == 204)
            #expect(try await ada.get("/api/me/sessions").items.count == 1)
            let page = PageClient(port: server.client.port)
            try await page.signIn("ada")
            #expect(try await page.get("/account").html.contains("from 127.0.0.1; last used"))
        }
    }

    @Test func theUseOfASessionIsWrittenDownOnceAnHour() {
        func session(createdAt: Timestamp, usedAt: Timestamp?) -> SignedInSession {
            let user = UserAccount(
                id: 1, username: "ada", email: "ada@example.org", isAdmin: false, isActive: true,
                deletedAt: nil, createdAt: createdAt)
            return SignedInSession(
                id: 1, tokenHash: "", user: user, createdAt: createdAt, expiresAt: createdAt.adding(.seconds(86_400)),
                usedAt: usedAt)
        }
        let start = SystemTimeSource().wallNow
        for (usedAt, later, isDue) in [
            (nil, 3599, false), (nil, 3600, true), (3600, 3601, false), (3600, 7199, false), (3600, 7200, true),
        ] as [(Int?, Int, Bool)] {
            let session = session(createdAt: start, usedAt: usedAt.map { start.adding(.seconds($0)) })
            #expect(session.isUseDue(at: start.adding(.seconds(later))) == isDue, "\(later)")
        }
        let uses = SessionUses()
        let old = session(createdAt: start, usedAt: nil)
        #expect(uses.isDue(old, at: start.adding(.seconds(3600))))
        #expect(!uses.isDue(old, at: start.adding(.seconds(3700))))
        #expect(uses.isDue(old, at: start.adding(.seconds(7200))))
    }
}

extension Range<Int> {
    fileprivate func asyncMap<T>(_ body: (Int) async throws -> T) async rethrows -> [T] {
        var result: [T] = []
        for number in self { result.append(try await body(number)) }
        return result
    }
}
