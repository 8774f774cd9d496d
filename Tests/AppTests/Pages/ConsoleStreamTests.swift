import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// What keeps the console's pages up to date.
@Suite(.timeLimit(.minutes(5))) struct ConsoleStreamTests {
    /// Asks for a stream and leaves the connection open.
    private func open(_ part: String, _ client: PageClient) throws -> RawConnection {
        let connection = try RawConnection(port: client.port)
        let cookie = client.cookies["unify_session"] ?? ""
        connection.send(
            "GET /admin/console/live/\(part) HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
                + "Cookie: unify_session=\(cookie)\r\n\r\n")
        return connection
    }

    private func root(_ server: TestServer, _ name: String = "root") async throws -> PageClient {
        _ = try await server.makeAdmin(name)
        let root = PageClient(port: server.client.port)
        try await root.signIn(name)
        return root
    }

    @Test func everyEventIsAWholePart() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await root(server)
            _ = try await server.client.register("ada")
            for (part, text) in [("overview", "Requests a minute"), ("jobs", "register"), ("pools", "Budget")] {
                let received = try await open(part, root).receive(until: "id: 2\nevent: part\ndata: ")
                #expect(received.text.contains("text/event-stream"), "\(part)")
                #expect(received.text.contains("retry: 3000\nid: 1\nevent: part\ndata: "), "\(part)")
                #expect(received.text.contains("id: 2\nevent: part\ndata: "), "\(part)")
                #expect(received.text.contains(text), "\(part)")
            }
        }
    }

    @Test func theServerStopsWhileSomebodyLooks() async throws {
        let started = ContinuousClock.now
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await root(server)
            let connection = try open("overview", root)
            #expect(try await connection.receive(silence: .seconds(1)).text.contains("id: 1"))
        }
        #expect(ContinuousClock.now - started < .seconds(30))
    }

    @Test func aStreamEndsWithTheSession() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await root(server)
            let connection = try open("pools", root)
            #expect(try await connection.receive(silence: .seconds(1)).text.contains("id: 1"))
            #expect(try await root.post("/sign-out").status == 303)
            let rest = try await connection.receive(
                silence: ConsoleEvents.interval + .seconds(2), until: "event: part")
            #expect(!rest.text.contains("event: part"))
            #expect(rest.text.contains("0\r\n\r\n"), "the answer has ended")
        }
    }

    @Test func oneAdministratorLeavesRoomForOthers() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let root = try await self.root(server)
            let other = try await self.root(server, "other")
            let open = try (0..<ConsoleStream.maxPerUser).map { _ in try self.open("pools", root) }
            for connection in open { #expect(try await connection.receive(answers: 1).statuses == [200]) }
            #expect(try await self.open("pools", root).receive(answers: 1).statuses == [429])
            #expect(try await self.open("pools", other).receive(answers: 1).statuses == [200])
        }
    }

    @Test func aStreamEndsWithTheSecondFactorThatIsRequired() async throws {
        let environment = ["UNIFY_ADMIN_SECOND_FACTOR": "required"]
        try await TestServer.withServer(on: [.sqlite], environment: environment) { server in
            let (root, id) = try await server.makeAdmin()
            let begun = try await root.post("/api/me/totp", ["password": TestClient.password])
            let app = OneTimePassword(secret: SecondFactorTests.decode(try #require(begun.json["secret"] as? String)))
            let code = app.code(counter: OneTimePassword.step(at: SystemTimeSource().wallNow))
            #expect(try await root.post("/api/me/totp/confirm", ["code": code]).status == 200)
            let connection = try RawConnection(port: root.port)
            connection.send(
                "GET /admin/console/live/pools HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(root.token ?? "")\r\n\r\n"
            )
            #expect(try await connection.receive(silence: .seconds(1)).text.contains("id: 1"))
            #expect(try await server.accounts.resetSecondFactor(of: try #require(UserID(Int64(id)))))
            let rest = try await connection.receive(
                silence: ConsoleEvents.interval + .seconds(2), until: "event: part")
            #expect(!rest.text.contains("event: part"))
            #expect(rest.text.contains("0\r\n\r\n"), "the answer has ended")
        }
    }

    @Test func oneTooManyIsRefused() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            // As many administrators as are needed to open all of them, and one more.
            var open: [RawConnection] = []
            for number in 0..<ConsoleStream.maxAtOnce / ConsoleStream.maxPerUser {
                let other = try await self.root(server, "other\(number)")
                for _ in 0..<ConsoleStream.maxPerUser { open.append(try self.open("pools", other)) }
            }
            let root = try await self.root(server)
            while open.count < ConsoleStream.maxAtOnce { open.append(try self.open("pools", root)) }
            for connection in open { #expect(try await connection.receive(answers: 1).statuses == [200]) }
            let refused = try await self.open("pools", root).receive(answers: 1)
            #expect(refused.statuses == [503])
            open = []
            // The server notices who is gone when it next writes.
            var statuses: [Int] = []
            for _ in 1...30 where statuses != [200] {
                statuses = try await self.open("pools", root).receive(silence: .seconds(1)).statuses
            }
            #expect(statuses == [200])
        }
    }
}
