import TenancyTesting
import Testing
import UnifyTesting

/// A new password ends the user's other sessions, and copies of the cookie of the one that it was set in.
@Suite(.timeLimit(.minutes(5))) struct PasswordCookieTests {
    private static let newPassword = "kestrel herons marsh"

    private func change(
        from current: String, by headers: [String: String], _ client: TestClient
    ) async throws -> TestClient.Answer {
        try await client.send(
            "PUT", "/api/me/password", json: ["current_password": current, "new_password": Self.newPassword],
            headers: headers)
    }

    private func cookie(_ answer: TestClient.Answer) throws -> [String: String] {
        let text = try #require(answer.header("Set-Cookie"))
        return ["Cookie": String(text.prefix { $0 != ";" }), "X-Requested-With": "test"]
    }

    private func status(_ cookie: [String: String], _ client: TestClient) async throws -> Int {
        try await client.send("GET", "/api/me", headers: cookie).status
    }

    @Test func aCopyOfTheCookieIsDeadAfterwards() async throws {
        try await TestServer.withServerInEachMode { server in
            let client = server.client
            _ = try await client.register("ada")
            let old = try cookie(
                try await client.post("/api/login", ["username": "ada", "password": TestClient.password]))
            #expect(try await status(old, client) == 200)
            let refused = try await change(from: "wrong wrong", by: old, client)
            #expect(refused.status == 401)
            #expect(refused.header("Set-Cookie") == nil)
            #expect(try await status(old, client) == 200)
            let changed = try await change(from: TestClient.password, by: old, client)
            #expect(changed.status == 204)
            #expect(changed.body.isEmpty)
            #expect(changed.header("Set-Cookie")?.contains("HttpOnly") == true)
            #expect(try await status(old, client) == 401)
            let new = try cookie(changed)
            #expect(try await status(new, client) == 200)
            let sessions = try await client.send("GET", "/api/me/sessions", headers: new).items
            #expect(sessions.count == 1, "the same session, and no other")
            #expect(sessions.first?["is_current"] as? Bool == true)
        }
    }

    /// An answer without content has no place for a new token.
    @Test func aBearerTokenStaysGood() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let changed = try await change(from: TestClient.password, by: [:], ada)
            #expect(changed.status == 204)
            #expect(changed.header("Set-Cookie") == nil)
            #expect(try await ada.get("/api/me").status == 200)
        }
    }

    @Test func theFormOfThePageRenewsTheCookieToo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let ada = PageClient(port: server.client.port)
            try await ada.signUp("ada")
            let thief = PageClient(port: server.client.port)
            thief.setCookie("unify_session", try #require(ada.cookies["unify_session"]))
            #expect(try await thief.get("/account").status == 200)
            let form: KeyValuePairs = ["current_password": TestClient.password, "new_password": Self.newPassword]
            #expect(try await ada.post("/account/password", form).status == 303)
            #expect(try await ada.get("/account").status == 200)
            #expect(try await thief.get("/account").status != 200)
        }
    }
}
