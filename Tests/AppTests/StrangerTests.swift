import Tenancy
import Testing
import UnifyTesting

/// What strangers can use up, and that it is nothing of the owner's. Clients at other addresses than 127.0.0.1 come by a
/// raw connection.
@Suite(.timeLimit(.minutes(3))) struct StrangerTests {
    private func status(
        of path: String, _ body: String, from address: String, _ server: TestServer, headers: String = ""
    ) async throws -> Int? {
        let connection = try RawConnection(port: server.client.port, from: address)
        connection.send(
            "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return try await connection.receive(answers: 1).statuses.last
    }

    private func signIn(_ password: String, from address: String, _ server: TestServer) async throws -> Int? {
        try await status(of: "/api/login", #"{"username":"ada","password":"\#(password)"}"#, from: address, server)
    }

    @Test func anOwnerIsNotKeptOutByStrangers() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            #expect(try await signIn(TestClient.password, from: "127.0.2.1", server) == 200)
            var statuses: [Int?] = []
            for number in 0..<30 {
                statuses.append(try await signIn("guess guess", from: "127.0.3.\(number + 1)", server))
            }
            #expect(statuses.last == 429)
            #expect(try await signIn(TestClient.password, from: "127.0.4.1", server) == 429, "the control: a new place")
            #expect(try await signIn(TestClient.password, from: "127.0.2.1", server) == 200, "a place of the owner's")
            let new = "a longer battery staple"
            let changed = try await ada.send(
                "PUT", "/api/me/password", json: ["current_password": TestClient.password, "new_password": new])
            #expect(changed.status == 204)
            #expect(try await signIn(new, from: "127.0.2.1", server) == 429, "who knew the old password is a stranger")
            #expect(try await ada.send("DELETE", "/api/me", json: ["password": new]).status == 202)
        }
    }

    @Test func aStolenSessionIsNotGoodForGuessingThePassword() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            var statuses: [Int] = []
            for _ in 0..<16 {
                statuses.append(try await ada.send("DELETE", "/api/me", json: ["password": "guess guess"]).status)
            }
            #expect(statuses == Array(repeating: 401, count: 15) + [429])
        }
    }

    /// Takes the bound of the network for its own by a header that makes the client no client of this machine.
    @Test func registeringIsBoundedBeforeHashing() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_REGISTRATION_RATE": "5"]) { server in
            func register(_ name: String) async throws -> Int? {
                let body =
                    #"{"username":"\#(name)","email":"\#(name)@example.org","password":"\#(TestClient.password)"}"#
                return try await status(
                    of: "/api/register", body, from: "127.0.0.1", server, headers: "X-Forwarded-For: 192.0.2.1\r\n")
            }
            #expect(try await register("ada") == 201)
            for _ in 1...4 { #expect(try await register("ada") == 409) }
            #expect(try await register("ada") == 429, "a taken name costs as much")
            #expect(try await register("bob") == 429)
            #expect(try await register("§") == 422, "what breaks a rule costs nothing and is told")
            for number in 1...20 { _ = try await server.client.register("user\(number)") }
        }
    }

    /// The body is not JSON: what is refused before it is read is not told so.
    @Test func strangersAreSlowedDownBeforeTheirBodiesAreRead() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            var statuses: Set<Int> = []
            for _ in 0..<80 {
                let found = try await status(
                    of: "/api/login", "{", from: "127.0.0.1", server, headers: "X-Forwarded-For: 192.0.2.1\r\n")
                if let found { statuses.insert(found) }
            }
            #expect(statuses == [400, 429])
            #expect(try await server.client.send("POST", "/api/login", raw: .init("{".utf8)).status == 400)
        }
    }

    @Test func knownNetworksSurviveARestartAndAreForgottenWithTheAccount() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let count = { @Sendable in
                try await server.manager.main.withDatabase(.read) {
                    try await $0.fetchOne("SELECT COUNT(*) AS N FROM Known_Network")?.integer("N")
                }
            }
            for number in 1...25 {
                #expect(try await signIn(TestClient.password, from: "127.0.5.\(number)", server) == 200)
            }
            #expect(try await count() == 20)
            #expect(try await signIn(TestClient.password, from: "127.0.5.25", server) == 200)
            #expect(try await count() == 20)
            #expect(try await ada.send("DELETE", "/api/me", json: ["password": TestClient.password]).status == 202)
            let userID = try #require(UserID(Int64(id)))
            try await server.manager.purgeUser(
                userID, deletedBefore: SystemTimeSource().wallNow.adding(.seconds(60)))
            #expect(try await count() == 0)
        }
    }
}
