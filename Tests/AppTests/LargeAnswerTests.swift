import Foundation
import Hummingbird
import NIOCore
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// Answers that are large, that are not read, and that take long.
@Suite(.timeLimit(.minutes(3))) struct LargeAnswerTests {
    private static let body = String(repeating: "a", count: 500_000)

    private static let stalling: @Sendable (inout Settings) -> Void = {
        $0.clientTimeLimits.stalledAnswer = .milliseconds(400)
    }

    private func addNotes(_ count: Int, _ client: TestClient) async throws {
        for number in 1...count {
            #expect(try await client.post("/api/notes", ["title": "\(number)", "body": Self.body]).status == 201)
        }
    }

    private func request(_ path: String, _ client: TestClient) -> String {
        "GET \(path) HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(client.token ?? "")\r\n\r\n"
    }

    @Test func aPageEndsEarlyWhereItsItemsAreLarge() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            try await addNotes(20, ada)
            var found: [String] = []
            var cursor: String? = ""
            while let at = cursor {
                let answer = try await ada.get("/api/notes?limit=200\(at.isEmpty ? "" : "&cursor=\(at)")")
                #expect(answer.status == 200)
                #expect(answer.body.count < 5 * 1024 * 1024)
                #expect(!answer.items.isEmpty)
                found += answer.items.compactMap { $0["title"] as? String }
                cursor = answer.json["next_cursor"] as? String
            }
            #expect(found == (1...20).map(String.init))
            #expect(try await ada.get("/notes").status == 200)
        }
    }

    @Test func oneItemIsReadHoweverLargeItIs() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let body = String(repeating: "\u{1F600}", count: 240_000)
            for _ in 1...8 { #expect(try await ada.post("/api/notes", ["title": "x", "body": body]).status == 201) }
            let page = try await ada.get("/api/notes")
            #expect((1...5).contains(page.items.count))
            #expect(page.json["next_cursor"] is String)
        }
    }

    /// Reads a piece every 20 ms, for many times as long as a client may read nothing.
    @Test func aClientThatReadsSlowlyIsNotCutOff() async throws {
        try await TestServer.withServer(on: [.sqlite], configure: Self.stalling) { server in
            let (ada, _) = try await server.client.register("ada")
            try await addNotes(8, ada)
            let connection = try RawConnection(port: server.client.port)
            for _ in 1...3 { connection.send(request("/api/notes?limit=200", ada)) }
            let (bytes, isClosed) = try await connection.receiveSlowly(
                32_768, every: .milliseconds(20), upTo: 12_000_000)
            #expect(bytes >= 12_000_000)
            #expect(!isClosed)
        }
    }

    /// An older client knows the end of an answer without a length by the end of the connection.
    @Test func anOlderClientThatReadsSlowlyGetsAllOfAnAnswerWithoutALength() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            try await addNotes(24, ada)
            let whole = try await ada.get("/api/me/export").body.count
            let connection = try RawConnection(port: server.client.port, receiveBuffer: 65_536)
            connection.send(
                "GET /api/me/export HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n"
                    + "Authorization: Bearer \(ada.token ?? "")\r\n\r\n")
            let (bytes, isClosed) = try await connection.receiveSlowly(
                65_536, every: .milliseconds(5), upTo: 2 * whole)
            #expect(whole > 12_000_000)
            #expect(bytes > whole && isClosed)
        }
    }

    /// The control: one that reads nothing is.
    @Test func aClientThatReadsNothingIsCutOff() async throws {
        try await TestServer.withServer(on: [.sqlite], configure: Self.stalling) { server in
            let (ada, _) = try await server.client.register("ada")
            try await addNotes(8, ada)
            let connection = try RawConnection(port: server.client.port)
            for _ in 1...5 { connection.send(request("/api/notes?limit=200", ada)) }
            try await eventually("it is cut off") { !connection.send(request("/api/me", ada)) }
        }
    }

    @Test func answersThatNobodyReadsAreBounded() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            try await addNotes(9, ada)
            var unread: [RawConnection] = []
            var refused: TestClient.Answer?
            for _ in 0..<30 where refused == nil {
                let connection = try RawConnection(port: server.client.port)
                connection.send(request("/api/notes?limit=200", ada))
                unread.append(connection)
                // From its head on it is being sent.
                #expect(try await connection.receive(answers: 1).statuses == [200])
                let answer = try await ada.get("/api/tasks")
                if answer.status == 429 { refused = answer }
            }
            #expect(refused?.code == "too_many_requests")
            #expect((8...12).contains(unread.count), "8 to 11 answers of 3 to 4 MiB are 32 MiB; \(unread.count)")
            #expect(try await bob.get("/api/tasks").status == 200)
            // Whoever goes away makes room.
            unread.removeAll()
            try await eventually("there is room") { try await ada.get("/api/tasks").status == 200 }
        }
    }

    private func signedIn(_ name: String, _ server: TestServer) async throws -> TestClient {
        let login = ["username": name, "password": TestClient.password]
        return server.client.with(
            token: try await server.client.post("/api/login", login).json["token"] as? String)
    }

    /// The owner of the account has another session than whoever reads nothing, and ends that one.
    @Test func whatAnotherSessionDoesNotReadHoldsUpNobodyAndEndsWithIt() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (thief, _) = try await server.client.register("ada")
            try await addNotes(9, thief)
            let own = try await signedIn("ada", server)
            let unread = try await unreadAnswers(of: thief, server)
            #expect(try await own.get("/api/tasks").status == 200, "one of them has given way")
            #expect(try await own.send("DELETE", "/api/me/sessions").status == 204)
            for connection in unread { try await eventually("it is closed") { !connection.send("x") } }
        }
    }

    @Test func anExportThatNobodyReadsEndsWithItsSession() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (thief, _) = try await server.client.register("ada")
            try await addNotes(9, thief)
            let own = try await signedIn("ada", server)
            let export = try RawConnection(port: server.client.port, receiveBuffer: 4096)
            export.send(request("/api/me/export", thief))
            #expect(try await export.receive(answers: 1).statuses == [200])
            #expect(try await own.get("/api/me/export").code == "export_running")
            #expect(try await own.send("DELETE", "/api/me/sessions").status == 204)
            try await eventually("it has ended") { try await own.get("/api/me/export").status == 200 }
        }
    }

    /// A body of which the end is held back, by a session that ends.
    @Test func aBodyThatIsHeldBackEndsWithItsSession() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (thief, _) = try await server.client.register("ada")
            let own = try await signedIn("ada", server)
            let connection = try RawConnection(port: server.client.port)
            connection.send(
                "POST /api/notes HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(thief.token ?? "")\r\n"
                    + "Content-Type: application/json\r\nContent-Length: 900000\r\n\r\n"
                    + String(repeating: " ", count: 60_000))
            #expect(try await connection.receive(silence: .milliseconds(300)).text.isEmpty)
            #expect(try await own.send("DELETE", "/api/me/sessions").status == 204)
            try await eventually("it is closed") { !connection.send(" ") }
        }
    }

    /// As many answers that are not read as one user may have.
    private func unreadAnswers(of client: TestClient, _ server: TestServer) async throws -> [RawConnection] {
        var unread: [RawConnection] = []
        while try await client.get("/api/tasks").status == 200, unread.count < 30 {
            let connection = try RawConnection(port: server.client.port, receiveBuffer: 4096)
            connection.send(request("/api/notes?limit=200", client))
            #expect(try await connection.receive(answers: 1).statuses == [200])
            unread.append(connection)
        }
        #expect(try await client.get("/api/tasks").code == "too_many_requests")
        return unread
    }

    @Test func whoReadsNothingGivesWayToOthers() async throws {
        let configure: @Sendable (inout Settings) -> Void = { $0.userLimits.unsentBytesOfAll = 12 * 1024 * 1024 }
        try await TestServer.withServer(on: [.sqlite], configure: configure) { server in
            let (eve, _) = try await server.client.register("eve")
            let (bob, _) = try await server.client.register("bob")
            try await addNotes(9, eve)
            try await addNotes(9, bob)
            var unread: [RawConnection] = []
            var status: Int? = 200
            while status == 200, unread.count < 10 {
                let connection = try RawConnection(port: server.client.port, receiveBuffer: 4096)
                connection.send(request("/api/notes?limit=200", eve))
                status = try await connection.receive(answers: 1).statuses.first
                if status == 200 { unread.append(connection) }
            }
            #expect(status == 503, "she holds the most")
            #expect(try await eve.get("/api/tasks").status == 200)
            let page = try await bob.get("/api/notes?limit=200")
            #expect(page.status == 200)
            #expect(!page.items.isEmpty)
            try await eventually("the oldest is closed") { !unread[0].send("x") }
        }
    }

    private func respond(
        _ throttle: UserConcurrencyLimiter, to userID: UserID, session: String = "", isReading: Bool = true,
        isUrgent: Bool = false, bytes: Int = 200_000
    ) async throws -> Response {
        let part = UnsentHolder.Part(session: SessionKey(tokenHash: session, isForAccess: false), isUrgent: isUrgent)
        return try await throttle.respond(
            to: isUrgent ? .session(Int64(session.hashValue), of: userID) : .user(userID),
            UnsentHolder(user: userID, part: part),
            isReading: isReading, endingBy: { {} },
            { Response(status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(repeating: 0x20, count: bytes))) })
    }

    @Test func unsentAnswersOfAllAreBounded() async throws {
        var limits = UserLimits()
        limits.unsentBytesOfAll = 500_000
        let throttle = UserConcurrencyLimiter(limits: limits, time: ManualTimeSource())
        var held = [try await respond(throttle, to: 1), try await respond(throttle, to: 2)]
        let problem = await #expect(throws: Problem.self) { try await respond(throttle, to: 1) }
        #expect(problem?.code == "overloaded", "nobody holds more")
        let small = try await respond(throttle, to: 1, bytes: 1000)
        #expect(small.body.contentLength == 1000, "only large answers are refused")
        held.append(try await respond(throttle, to: 1, isReading: false))
        held.append(try await respond(throttle, to: 3))
        held.removeAll()
        held = [try await respond(throttle, to: 1), try await respond(throttle, to: 1)]
        #expect(UserLimits().unsentBytes == 32 * 1024 * 1024)
        #expect(UserLimits().unsentBytesOfAll == 256 * 1024 * 1024)
    }

    @Test func unsentAnswersOfOneSessionRefuseThatSession() async throws {
        var limits = UserLimits()
        limits.unsentBytes = 300_000
        let throttle = UserConcurrencyLimiter(limits: limits, time: ManualTimeSource())
        var held: [Response] = []
        for _ in 1...2 { held.append(try await respond(throttle, to: 1, session: "a")) }
        await #expect(throws: Problem.self) { try await respond(throttle, to: 1, session: "a", bytes: 1) }
        _ = try await respond(throttle, to: 1, session: "a", isUrgent: true, bytes: 1)
        _ = try await respond(throttle, to: 1, session: "b", bytes: 1)
        #expect(throttle.sessions(of: 1) == [SessionKey(tokenHash: "a", isForAccess: false)])
        throttle.end(SessionKey(tokenHash: "a", isForAccess: false), of: nil)
        #expect(throttle.sessions(of: nil).isEmpty)
        _ = try await respond(throttle, to: 1, session: "a", bytes: 1)
        held.removeAll()
        for _ in 1...2 { held.append(try await respond(throttle, to: 1, session: "a", isUrgent: true)) }
        await #expect(throws: Problem.self) {
            try await respond(throttle, to: 1, session: "a", isUrgent: true, bytes: 1)
        }
        _ = try await respond(throttle, to: 1, session: "b", isUrgent: true, bytes: 1)
    }

    private actor Statuses {
        var all: [Int] = []
        func append(_ status: Int) { all.append(status) }
    }

    /// Six accounts that search for what takes longest, on four threads. Others' requests and signing in go on.
    @Test func slowSearchesHoldUpNobody() async throws {
        let place = TestPlace(engine: SQLiteEngine(options: .init(maxThreads: 4)), server: nil)
        try await TestServer.withServer(on: [place]) { server in
            let (bob, _) = try await server.client.register("bob")
            var searchers: [TestClient] = []
            for number in 1...6 {
                let (client, _) = try await server.client.register("user\(number)")
                try await addNotes(4, client)
                searchers.append(client)
            }
            let query = String(repeating: "a", count: 199) + "b"
            let statuses = Statuses()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in searchers + searchers {
                    group.addTask {
                        while !Task.isCancelled {
                            // One that was cancelled has no status.
                            guard let answer = try? await client.get("/api/notes?q=\(query)") else { return }
                            await statuses.append(answer.status)
                        }
                    }
                }
                try await eventually("six are answered", within: .seconds(60)) { await statuses.all.count >= 6 }
                let started = ContinuousClock.now
                for _ in 1...5 { #expect(try await bob.get("/api/me").status == 200) }
                #expect(try await bob.post("/api/tasks", ["title": "x"]).status == 201)
                let login = ["username": "bob", "password": TestClient.password]
                #expect(try await server.client.post("/api/login", login).status == 200)
                #expect(ContinuousClock.now - started < .seconds(8))
                group.cancelAll()
                // What is under way may fail: it was cancelled.
                try? await group.waitForAll()
            }
            #expect(await Set(statuses.all).isSubset(of: [200, 503]))
        }
    }

    @Test func textThatIsAllEscapesIsWritten() throws {
        let text = String(repeating: "\u{1}\"\\\n", count: 5000)
        let json = JSONWriter.object { $0.member("text", text) }
        let read = try JSONSerialization.jsonObject(with: Data(json.readableBytesView)) as? [String: String]
        #expect(read == ["text": text])
    }
}
