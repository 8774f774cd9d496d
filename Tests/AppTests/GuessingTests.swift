import Testing
import UnifyTesting

/// Whoever has a stolen session cannot guess the password with it: neither by the interface nor by the pages.
@Suite(.timeLimit(.minutes(5))) struct GuessingTests {
    private static let tries = 15
    private static let newPassword = "kestrel herons marsh"

    @Test(arguments: [
        ("PUT", "/api/me/password", "current_password", ["new_password": newPassword]),
        ("DELETE", "/api/me", "password", [:]), ("POST", "/api/me/confirm", "password", [:]),
        ("PUT", "/api/me/username", "password", ["username": "lovelace"]),
        ("PUT", "/api/me/email", "password", ["email": "l@example.org"]), ("POST", "/api/me/totp", "password", [:]),
    ])
    func theInterfaceRefusesMoreWrongPasswords(
        method: String, path: String, field: String, others: [String: String]
    ) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            func send(_ password: String) async throws -> TestClient.Answer {
                try await ada.send(method, path, json: others.merging([field: password]) { $1 })
            }
            for _ in 0..<Self.tries { #expect(try await send("guess guess").code == "invalid_credentials") }
            let refused = try await send("guess guess")
            #expect(refused.status == 429 && refused.code == "too_many_tries")
            #expect(try await send(TestClient.password).status == 429, "not even the right one")
            // Wherever the tries were made, they are the session's.
            #expect(try await ada.post("/api/me/confirm", ["password": TestClient.password]).status == 429)
            #expect(try await ada.get("/api/me").status == 200)
        }
    }

    /// Whoever has stolen a session uses up its tries, and not those of the owner's.
    @Test func anotherSessionHasItsOwnTries() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let login = ["username": "ada", "password": TestClient.password]
            let token = try await server.client.post("/api/login", login).json["token"] as? String
            let thief = server.client.with(token: token)
            for _ in 0...Self.tries { _ = try await thief.post("/api/me/confirm", ["password": "guess guess"]) }
            #expect(try await thief.post("/api/me/confirm", ["password": TestClient.password]).status == 429)
            let change = ["current_password": TestClient.password, "new_password": Self.newPassword]
            #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
        }
    }

    /// Whoever has several sessions has no more tries than two. The owner ends them without the password.
    @Test func allSessionsTogetherHaveABound() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let login = ["username": "ada", "password": TestClient.password]
            var tries = 0
            for _ in 1...3 {
                let token = try await server.client.post("/api/login", login).json["token"] as? String
                let thief = server.client.with(token: token)
                for _ in 0..<Self.tries {
                    let answer = try await thief.post("/api/me/confirm", ["password": "guess guess"])
                    if answer.status == 401 { tries += 1 } else { #expect(answer.code == "too_many_tries") }
                }
            }
            #expect(tries == 2 * Self.tries)
            let refused = try await ada.post("/api/me/confirm", ["password": TestClient.password])
            #expect(refused.status == 429)
            let wait = try #require(refused.header("Retry-After").flatMap(Int.init))
            #expect(wait <= 241, "for as long as it takes to get one more")
            #expect(try await ada.send("DELETE", "/api/me/sessions").status == 204)
            #expect(try await server.client.post("/api/login", login).status == 200)
        }
    }

    @Test(arguments: ["/account/password", "/account/delete", "/account/username", "/account/email"])
    func thePagesRefuseMoreWrongPasswords(path: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let page = PageClient(port: server.client.port)
            try await page.signUp("ada")
            func send(_ password: String) async throws -> PageClient.Answer {
                try await page.post(
                    path,
                    [
                        "current_password": password, "password": password, "new_password": Self.newPassword,
                        "confirm": "ada", "username": "lovelace", "email": "l@example.org",
                    ])
            }
            for _ in 0..<Self.tries { #expect(try await send("guess guess").status == 401) }
            let refused = try await send("guess guess")
            #expect(refused.status == 429 && refused.html.contains("role=\"alert\""))
            #expect(try await send(TestClient.password).status == 429)
        }
    }
}
