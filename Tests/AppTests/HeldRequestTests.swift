import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// Whoever holds back the end of a request decides when it is acted on: not with rights that were lost meanwhile, and not at
/// the cost of the user's other requests.
@Suite(.tags(.proof), .timeLimit(.minutes(10))) struct HeldRequestTests {
    /// A request of which the server has everything but the end.
    private struct Held {
        let what: String
        let connection: RawConnection
        private let end: String

        /// - Parameter isChunked: whether the end is in the last chunk; otherwise in the last byte.
        init(
            _ method: String, _ path: String, _ body: String, type: String = "application/json",
            by token: String, on server: TestServer, isChunked: Bool = false
        ) throws {
            what = "\(method) \(path)\(isChunked ? ", chunked" : "")"
            connection = try RawConnection(port: server.client.port)
            let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
            let chunk = body.isEmpty ? "" : "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n"
            end = isChunked ? "0\r\n\r\n" : String(body.suffix(1))
            connection.send(
                """
                \(method) \(path) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r
                Content-Type: \(type)\r\n\(length)\r\n\r\n\(isChunked ? chunk : String(body.dropLast()))
                """)
        }

        static func form(_ path: String, _ body: String, by token: String, on server: TestServer) throws -> Held {
            try Held("POST", path, body, type: "application/x-www-form-urlencoded", by: token, on: server)
        }

        /// - Parameter silence: how long to wait for one.
        func expectNoAnswer(silence: Duration) async throws {
            let received = try await connection.receive(silence: silence, answers: 1)
            #expect(received.statuses.isEmpty, "\(what) was answered before it was complete")
        }

        func status() async throws -> Int? {
            connection.send(end)
            return try await connection.receive(answers: 1).statuses.first
        }
    }

    private static func held(
        _ changes: [Held], while end: () async throws -> Void, are statuses: Set<Int>
    ) async throws {
        // Long enough that the server has seen all heads.
        try await changes.last?.expectNoAnswer(silence: .milliseconds(500))
        for change in changes { try await change.expectNoAnswer(silence: .milliseconds(10)) }
        try await end()
        for change in changes {
            let status = try #require(try await change.status(), "\(change.what): no answer")
            #expect(statuses.contains(status), "\(change.what): \(status)")
        }
    }

    private static func rightsOfAnAdministrator(
        _ token: String, _ own: Int, _ bob: Int, on server: TestServer
    ) throws -> [Held] {
        func action(_ name: String, _ id: Int, _ username: String) throws -> Held {
            try .form("/admin/console/databases/\(id)/\(name)", "confirm=\(username)", by: token, on: server)
        }
        return [
            try action("make-admin", own, "eve"), try action("make-admin", bob, "bob"),
            try action("suspend", bob, "bob"), try action("delete", bob, "bob"), try action("sign-out", bob, "bob"),
            try action("password-link", bob, "bob"), try action("rotate-password", bob, "bob"),
            try Held("PATCH", "/admin/users/\(bob)", #"{"email":"eve@example.net"}"#, by: token, on: server),
            try Held("POST", "/admin/users/\(bob)/password-reset", "{}", by: token, on: server),
            try Held("POST", "/admin/user/\(bob)/access", #"{"reason":"because I may"}"#, by: token, on: server),
            try Held("POST", "/admin/user/\(bob)/database/initialize", "", by: token, on: server, isChunked: true),
        ]
    }

    @Test func nobodyIsAnAdministratorForLongerByHoldingARequest() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.makeAdmin()
            let (bobClient, bob) = try await server.client.register("bob")
            let (eve, id) = try await server.makeAdmin("eve")
            let eveID = try #require(UserID(Int64(id)))
            let held = try Self.rightsOfAnAdministrator(try #require(eve.token), id, bob, on: server)
            try await Self.held(
                held, while: { try await server.accounts.setAdmin(false, eveID) }, are: [403])
            #expect(try await server.accounts.user(eveID)?.isAdmin == false)
            #expect(try await server.accounts.user(try #require(UserID(Int64(bob))))?.isAdmin == false)
            #expect(try await bobClient.get("/api/me").status == 200, "bob is neither suspended nor signed out")
            #expect(try await bobClient.get("/api/me/accesses").items.isEmpty)
        }
    }

    @Test(arguments: ["sign out", "suspend", "delete", "set-password"])
    func anEndedSessionDoesNothingMore(how: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.makeAdmin()
            let (_, bob) = try await server.client.register("bob")
            let (eve, id) = try await server.makeAdmin("eve")
            let (eveID, token) = (try #require(UserID(Int64(id))), try #require(eve.token))
            let password = #"{"password":"\#(TestClient.password)"}"#
            let note = #"{"title":"from beyond","body":""}"#
            var held = try Self.rightsOfAnAdministrator(token, id, bob, on: server)
            held += [
                try Held("POST", "/api/notes", note, by: token, on: server),
                try Held("POST", "/api/notes", note, by: token, on: server, isChunked: true),
                try Held("DELETE", "/api/me", password, by: token, on: server),
                try Held("POST", "/api/me/confirm", password, by: token, on: server),
                try Held("POST", "/api/me/totp", password, by: token, on: server),
                try Held("DELETE", "/api/me/sessions", "", by: token, on: server, isChunked: true),
                try .form("/notes", "title=from+beyond&body=", by: token, on: server),
                try .form("/account/sessions/end-others", "x=y", by: token, on: server),
            ]
            try await Self.held(
                held,
                while: {
                    switch how {
                    case "suspend": try await server.accounts.suspend(eveID)
                    case "delete": try await server.accounts.delete(eveID)
                    case "set-password":
                        try await server.accounts.setPassword(Secret("kestrel herons marsh"), of: eveID)
                    default: try await server.accounts.signOutEverywhere(eveID)
                    }
                },
                // A page sends whoever is not signed in to the page for signing in.
                are: [401, 303])
            let user = try #require(try await server.accounts.user(eveID))
            #expect(user.isActive == !["suspend", "delete"].contains(how))
            #expect(try await server.accounts.user(try #require(UserID(Int64(bob))))?.isAdmin == false)
            try await server.accounts.restoreAndResume(eveID)
            try await server.accounts.setPassword(Secret(TestClient.password), of: eveID)
            let login = ["username": "eve", "password": TestClient.password]
            let again = try await server.client.post("/api/login", login).json["token"] as? String
            #expect(try await server.client.with(token: again).get("/api/notes").items.isEmpty)
        }
    }

    /// Every documented change, with a body of no bytes whose end is held back.
    @Test func noDocumentedChangeIsMadeAfterItsSession() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (root, rootID) = try await server.makeAdmin()
            let token = try #require(root.token)
            let changes = try await server.client.documentedOperations().filter {
                $0.method != "GET" && $0.needsSession
            }
            #expect(changes.count >= 20)
            let held = try changes.map {
                try Held($0.method, $0.filled(with: id), "", by: token, on: server, isChunked: true)
            }
            let rootUser = try #require(UserID(Int64(rootID)))
            try await Self.held(
                held, while: { try await server.accounts.signOutEverywhere(rootUser) }, are: [401])
        }
    }

    /// The control: held requests of a session that holds do what they say.
    @Test func aHeldRequestOfALivingSessionIsMade() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, bob) = try await server.client.register("bob")
            let (eve, _) = try await server.makeAdmin("eve")
            let token = try #require(eve.token)
            let held = [
                try Held("POST", "/api/notes", #"{"title":"held","body":""}"#, by: token, on: server),
                try Held("POST", "/api/notes", #"{"title":"held"}"#, by: token, on: server, isChunked: true),
                try Held("POST", "/admin/users/\(bob)/password-reset", "{}", by: token, on: server),
            ]
            try await Self.held(held, while: {}, are: [201])
            #expect(try await eve.get("/api/notes").items.count == 2)
        }
    }

    /// More than a user's requests at a time.
    @Test func heldRequestsTakeNoTurnFromTheirUser() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let token = try #require(ada.token)
            let held = try (0..<UserLimits().concurrentRequests + 6).map { _ in
                try Held("POST", "/api/notes", #"{"title":"held"}"#, by: token, on: server)
            }
            try await held.last?.expectNoAnswer(silence: .milliseconds(500))
            #expect(try await ada.get("/api/notes").status == 200)
            #expect(try await ada.send("DELETE", "/api/me/sessions").status == 204)
            withExtendedLifetime(held) {}
        }
    }

    /// What a thief's requests take is not what the owner needs to end them.
    @Test func theOwnerEndsSessionsWhileAThiefTakesEveryTurn() async throws {
        let one: @Sendable (inout Settings) -> Void = {
            $0.userLimits.concurrentRequests = 1
        }
        try await TestServer.withServer(on: [.sqlite], configure: one) { server in
            let (ada, _) = try await server.client.register("ada")
            let thief = try RawConnection(port: server.client.port, receiveBuffer: 4096)
            let note = String(repeating: "long ", count: 90_000)
            for _ in 0..<2 { #expect(try await ada.post("/api/notes", ["title": "long", "body": note]).status == 201) }
            let login = ["username": "ada", "password": TestClient.password]
            let stolen = try #require(try await server.client.post("/api/login", login).json["token"] as? String)
            // An answer that is large and that nobody reads counts until it is sent.
            thief.send("GET /api/notes HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(stolen)\r\n\r\n")
            try await eventually("the thief has the only turn", within: .seconds(10)) {
                try await ada.get("/api/tasks").status == 429
            }
            #expect(try await ada.send("DELETE", "/api/me/sessions").status == 204)
            let new = ["current_password": TestClient.password, "new_password": "kestrel herons marsh"]
            #expect(try await ada.send("PUT", "/api/me/password", json: new).status == 204)
            #expect(try await ada.post("/api/logout", [String: String]()).status == 204)
            withExtendedLifetime(thief) {}
        }
    }
}

extension Accounts {
    fileprivate func restoreAndResume(_ userID: UserID) async throws {
        let user = try await user(userID)
        if user?.deletedAt != nil { try await restore(userID) }
        if user?.isActive == false { try await resume(userID) }
    }
}
