import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// What a signed-in user, or somebody who wants to be one, tries.
@Suite(.tags(.proof), .timeLimit(.minutes(10))) struct HostileUserTests {
    /// Each list is given the cursors of all lists of another user, and refuses them: a cursor belongs to one user's list.
    @Test func aCursorOfAnotherUserIsRefused() async throws {
        try await TestServer.withServerInEachMode { server in
            let ada = try await server.client.register("ada")
            let bob = try await server.client.register("bob")
            let (root, _) = try await server.makeAdmin()
            for number in 0..<5 {
                try await fillLists("ada \(number)", ada.client, id: ada.id, root)
                try await fillLists("bob \(number)", bob.client, id: bob.id, root)
            }
            let lists = ItemRouteTests.samples.map { $0.path } + ["/api/me/accesses"]
            for source in lists {
                let first = try await ada.client.get("\(source)?limit=1")
                let cursor = try #require(first.json["next_cursor"] as? String)
                for list in lists {
                    let page = try await bob.client.get("\(list)?cursor=\(cursor)")
                    #expect(page.status == 422, "\(list), from \(source): \(page.text)")
                    #expect(!page.text.contains("ada"), "\(list), from \(source)")
                }
                let own = try await ada.client.get("\(source)?cursor=\(cursor)")
                #expect(own.status == 200 && own.items.count == 4, "the control: it is good for its own list")
            }
        }
    }

    /// Adds one entry to each of a user's lists.
    private func fillLists(_ name: String, _ user: TestClient, id: Int, _ root: TestClient) async throws {
        for (path, item) in ItemRouteTests.samples {
            let named = item.merging(["title": name]) { $1 }
            #expect(try await user.post(path, named).status == 201)
        }
        #expect(try await root.post("/admin/user/\(id)/access", ["reason": "\(name) asked"]).status == 201)
    }

    @Test func aSessionThatTheClientChoseIsNeverTakenOver() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let chosen = "chosen-by-the-attacker"
            let answer = try await server.client.send(
                "POST", "/api/login", json: ["username": "ada", "password": TestClient.password],
                headers: ["Cookie": "unify_session=\(chosen)", "Origin": "http://127.0.0.1:\(server.client.port)"])
            #expect(answer.status == 200)
            let cookie = try #require(answer.header("Set-Cookie"))
            #expect(!cookie.contains(chosen))
            for word in ["HttpOnly", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(word), "\(cookie)") }
            #expect(try await server.client.with(token: chosen).get("/api/me").status == 401)
            // Each signing in has a token of its own.
            let second = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            #expect(second.json["token"] as? String != answer.json["token"] as? String)
        }
    }

    /// Each address has tries left; the name has not.
    @Test func guessingOnePasswordFromManyAddressesIsSlowedDown() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            var statuses: [Int] = []
            for number in 0..<120 {
                let connection = try RawConnection(port: server.client.port, from: "127.0.1.\(1 + number / 2)")
                let body = #"{"username":"ada","password":"guess \#(number)"}"#
                connection.send(
                    "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
                statuses += try await connection.receive(answers: 1).statuses
                if statuses.last == 429 { break }
            }
            #expect(statuses.last == 429)
            // One comes back every 3 minutes, and guessing takes a few seconds.
            #expect((20...21).contains(statuses.count - 1), "\(statuses.count)")
            let other = try await server.client.register("bob").client
            #expect(try await other.get("/api/me").status == 200, "others are not slowed down")
            let owner = try await server.client.post(
                "/api/login", ["username": "ada", "password": TestClient.password])
            #expect(owner.status == 200, "nor is the owner, where they have signed in before")
        }
    }

    @Test func everyAnswerForbidsWhatABrowserCouldBeTalkedInto() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for answer in [
                try await ada.get("/api/me"), try await server.client.get("/api/me"), try await ada.get("/nothing"),
                try await ada.post("/api/tasks", ["title": ""]), try await server.client.get("/openapi.yaml"),
            ] {
                let policy = try #require(answer.header("Content-Security-Policy"))
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
                #expect(!policy.contains("unsafe-inline"))
                #expect(answer.header("X-Content-Type-Options") == "nosniff")
                #expect(answer.header("Referrer-Policy") == "no-referrer")
                #expect(answer.header("Cache-Control") == "no-store")
                #expect(answer.header("Access-Control-Allow-Origin") == nil)
                #expect(answer.header("Server") == nil)
            }
        }
    }
}
