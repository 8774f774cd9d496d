import Foundation
import Testing
import UnifyTesting

/// What a signed-in user, or somebody who wants to be one, tries.
@Suite(.timeLimit(.minutes(10))) struct HostileUserTests {
    private static let hostileTexts = [
        "' OR '1'='1", "'; DROP TABLE Tasks; --", "\" OR \"\"=\"", "1; ATTACH DATABASE '/etc/passwd' AS p", "%", "_",
        "\\",
        "\\'; SELECT pg_sleep(5); --", "' UNION SELECT Password_Hash FROM Users --", "$1", "?", ":a", "@a",
        "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "\u{202E}txt.exe", "a\u{FEFF}b", "\u{FFFF}", "ﷺ",
        "e\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👧", "\r\nSet-Cookie: a=b", String(repeating: "\u{10FFFF}", count: 200),
    ]

    @Test func sqlAndOddTextInEveryFieldIsTextOrRefused() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            #expect(try await bob.post("/api/tasks", ["title": "bob's"]).status == 201)
            let events = ["starts_at": "2026-12-31T20:00:00Z", "ends_at": "2027-01-01T02:00:00Z"]
            for text in Self.hostileTexts {
                for (path, fields) in [
                    ("/api/tasks", ["title": text, "description": text]),
                    ("/api/notes", ["title": text, "body": text]),
                    ("/api/events", ["title": text, "description": text, "location": text].merging(events) { $1 }),
                ] {
                    let made = try await ada.post(path, fields)
                    #expect(made.status == 201, "\(path) \(text)")
                    for name in fields.keys {
                        guard !events.keys.contains(name) else { continue }
                        let back = made.json[name] as? String
                        #expect(back.map { Array($0.utf8) } == Array(text.utf8), "\(path) \(name) \(text)")
                    }
                }
                let query = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                for parameter in ["q", "cursor", "limit", "status", "done", "from", "to", "priority"] {
                    let answer = try await ada.get("/api/tasks?\(parameter)=\(query)")
                    #expect([200, 422].contains(answer.status), "\(parameter)=\(text): \(answer.text)")
                    #expect(!answer.text.contains("bob's"))
                }
            }
            // NUL is in no text: two of the engines cannot store it.
            for path in ["/api/tasks", "/api/notes"] {
                #expect(try await ada.post(path, ["title": "a\u{0}b"]).status == 422)
            }
            #expect(try await bob.get("/api/tasks").items.count == 1)
        }
    }

    @Test func aCursorOfAnotherUserShowsNothingOfTheirs() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            for number in 0..<5 {
                #expect(try await ada.post("/api/tasks", ["title": "ada \(number)"]).status == 201)
                #expect(try await bob.post("/api/tasks", ["title": "bob \(number)"]).status == 201)
            }
            let cursor = try #require(try await ada.get("/api/tasks?limit=1").json["next_cursor"] as? String)
            let page = try await bob.get("/api/tasks?cursor=\(cursor)")
            let titles = page.items.compactMap { $0["title"] as? String }
            #expect(page.status == 200)
            #expect(titles.allSatisfy { $0.hasPrefix("bob") })
        }
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
            // One is given back every 10 s, and guessing takes a few seconds.
            #expect((100...105).contains(statuses.count - 1), "\(statuses.count)")
            let other = try await server.client.register("bob").client
            #expect(try await other.get("/api/me").status == 200, "others are not slowed down")
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
