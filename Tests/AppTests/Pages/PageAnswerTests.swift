import Testing
import UnifyTesting

/// What every page has in common: headers, who may see it, and what is wrong told as a page.
@Suite(.timeLimit(.minutes(5))) struct PageAnswerTests {
    private static let userPages = [
        "/tasks", "/notes", "/notes/new", "/events", "/events/agenda", "/events/new", "/account",
    ]
    private static let consolePages = [
        "/admin/console", "/admin/console/databases", "/admin/console/users", "/admin/console/jobs",
        "/admin/console/pools", "/admin/console/servers", "/admin/console/audit", "/admin/console/settings",
        "/admin/console/databases/1", "/admin/console/live/overview", "/admin/console/live/jobs",
        "/admin/console/live/pools",
    ]

    @Test func pagesAllowNothingOfTheirOwnAndNothingFromElsewhere() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            var paths = ["/", "/sign-in", "/sign-up", "/nothing"]
            try await check(&paths, client)
            try await client.signUp("ada")
            paths = Self.userPages
            try await check(&paths, client)
            _ = try await server.makeAdmin()
            let root = PageClient(port: server.client.port)
            try await root.signIn("root")
            paths = Self.consolePages.filter { !$0.contains("live") }
            try await check(&paths, root)
        }
    }

    private func check(_ paths: inout [String], _ client: PageClient) async throws {
        for path in paths {
            let answer = try await client.get(path)
            #expect(answer.status == (path == "/nothing" ? 404 : 200), "\(path)")
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'"), "\(path)")
            #expect(!policy.contains("unsafe"), "\(path)")
            #expect(answer.headers["cache-control"] == "no-store", "\(path)")
            // Without any referrer a browser says of its own forms that they come from nowhere.
            #expect(answer.headers["referrer-policy"] == "same-origin", "\(path)")
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8", "\(path)")
            for hole in [" style=", "<style", " onclick=", "javascript:", "<script>", "{{", "Optional("] {
                #expect(!answer.html.contains(hole), "\(path) has \(hole)")
            }
            for match in answer.html.matches(of: /(?:href|src|action)="([^"]*)"/) {
                #expect(match.1.hasPrefix("/") || match.1.hasPrefix("#"), "\(path) leads to \(match.1)")
            }
            #expect(answer.html.utf8.count < 60_000, "\(path)")
        }
    }

    @Test func assetsAreKeptForGoodAndAreSmall() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            let page = try await client.get("/sign-in")
            let paths = Set(page.html.matches(of: /"(\/assets\/[^"]*)"/).map { String($0.1) })
            #expect(paths.count == 3)
            var total = page.html.utf8.count
            for path in paths {
                let answer = try await client.get(path)
                #expect(answer.status == 200)
                #expect(answer.headers["cache-control"] == "public, max-age=31536000, immutable")
                total += answer.html.utf8.count
            }
            #expect(total < 100_000)
            #expect(try await client.get("/assets/app-000000000000.css").status == 404)
        }
    }

    @Test func whoIsNotSignedInIsLedToSignInAndBack() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            for path in Self.userPages + Self.consolePages {
                let answer = try await client.get(path)
                #expect(answer.status == 303, "\(path)")
                #expect(answer.location?.hasPrefix("/sign-in?next=%2F") == true, "\(path)")
            }
            for path in ["/tasks", "/tasks/1/delete", "/undo", "/account/delete", "/admin/console/databases/1/delete"] {
                let answer = try await client.post(path)
                #expect(answer.status == 303, "\(path)")
                #expect(answer.location == "/sign-in?notice=not-signed-in", "\(path)")
            }
            try await client.signUp("ada")
            #expect(try await client.get("/sign-in?next=%2Fnotes").location == "/notes")
            #expect(try await client.get("/").location == "/tasks")
        }
    }

    @Test func signingInLeadsNowhereElse() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            for (next, target) in [
                ("/notes?q=a", "/notes?q=a"), ("//evil.example", "/tasks"), ("https://evil.example", "/tasks"),
                ("/\\evil.example", "/tasks"), ("", "/tasks"), ("/a\u{20}b", "/tasks"), ("/a\u{0D}\u{0A}b", "/tasks"),
            ] {
                let client = PageClient(port: server.client.port)
                let answer = try await client.post(
                    "/sign-in", ["username": "ada", "password": TestClient.password, "next": next])
                #expect(answer.status == 303)
                #expect(answer.location == target, "\(next)")
            }
        }
    }

    @Test func theConsoleIsForAdministratorsAlone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            for path in Self.consolePages {
                let answer = try await client.get(path)
                #expect(answer.status == 403, "\(path)")
                #expect(answer.html.contains("Only an administrator may do this."), "\(path)")
            }
            for action in ["test", "initialize", "suspend", "delete", "make-admin", "rotate-password", "restore"] {
                #expect(try await client.post("/admin/console/databases/1/\(action)", ["confirm": "ada"]).status == 403)
            }
            #expect(try await client.post("/admin/console/audit/verify").status == 403)
            #expect(try await client.post("/admin/console/jobs/1/retry").status == 403)
        }
    }

    /// A leave to read a user's data is for programs, and for rows alone.
    @Test func aLeaveToReadOpensNoPage() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            for path in Self.userPages { #expect(try await reader.get(path).status == 403, "\(path)") }
            #expect(try await reader.send("POST", "/sign-out").status != 500)
            #expect(try await reader.get("/api/tasks").status == 200, "signing out ends sessions, and this is none")
        }
    }

    @Test func otherSitesFormsAreRefused() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            try await client.signUp("ada")
            #expect(try await client.post("/tasks", ["title": "mine"]).status == 303)
            for origin in ["http://evil.example", "null", nil] {
                client.origin = origin
                for path in ["/tasks", "/notes", "/account/delete", "/sign-out", "/tasks/1/delete", "/undo"] {
                    let answer = try await client.post(path, ["title": "theirs", "confirm": "ada"])
                    #expect(answer.status == 403, "\(path) from \(origin ?? "nowhere")")
                }
            }
            client.origin = "http://127.0.0.1:\(client.port)"
            let page = try await client.get("/tasks")
            #expect(page.html.contains("mine"))
            #expect(!page.html.contains("theirs"))
        }
    }

    @Test func whatIsNowhereIsAPageForBrowsersAndAProblemForPrograms() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let client = PageClient(port: server.client.port)
            #expect(try await client.get("/nothing").headers["content-type"] == "text/html; charset=utf-8")
            let program = try await client.get("/nothing", accept: "*/*")
            #expect(program.status == 404)
            #expect(program.headers["content-type"] == "application/problem+json")
            let wrongMethod = try await client.send("DELETE", "/tasks", headers: [:])
            #expect(wrongMethod.status == 405)
            #expect(wrongMethod.headers["allow"] == "GET, POST")
            try await client.signUp("ada")
            #expect(try await client.get("/notes/4711").status == 404)
            #expect(try await client.get("/tasks?cursor=rubbish").status == 422)
            #expect(try await client.get("/events?month=2026-13").status == 422)
            let wrongType = try await client.send("POST", "/tasks", headers: ["Content-Type": "text/plain"], body: "x")
            #expect(wrongType.status == 415)
        }
    }
}
