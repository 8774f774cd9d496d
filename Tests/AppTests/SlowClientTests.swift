import Synchronization
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// Clients that are slow, silent, or more than there may be.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct SlowClientTests {
    private static let head = "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"

    /// Whether the server closes a connection on which the client sends a piece every 50 ms, for 10 s at most.
    private func isClosed(_ connection: RawConnection, sending piece: String) async throws -> Bool {
        for _ in 0..<200 {
            guard connection.send(piece) else { return true }
            if try await connection.receive(silence: .milliseconds(50)).isClosed { return true }
        }
        return false
    }

    private func withServer(
        _ change: @Sendable @escaping (inout ClientTimeLimits) -> Void,
        _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        try await TestServer.withServer(on: [.sqlite], configure: { change(&$0.clientTimeLimits) }, body)
    }

    private func withSmallServer(_ body: @Sendable @escaping (TestServer) async throws -> Void) async throws {
        try await TestServer.withServer(on: [.sqlite], configure: { $0.maxClients = 32 }, body)
    }

    @Test func aHeaderThatDoesNotEndIsCutOff() async throws {
        try await withServer {
            $0.firstRequest = .milliseconds(300)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send(Self.head)
            #expect(try await isClosed(connection, sending: "X-More: y\r\n"))
            #expect(try await server.client.get("/healthz").status == 200)
        }
    }

    @Test func aBodyThatDoesNotEndIsCutOff() async throws {
        try await withServer {
            $0.body = .milliseconds(300)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send(Self.head + "Content-Length: 100000\r\n\r\n")
            #expect(try await isClosed(connection, sending: "{"))
        }
    }

    /// A slow line is no attack: it is the rate that counts, not the time of the whole body.
    @Test func aBodyThatComesSteadilyIsNotCutOff() async throws {
        try await withServer {
            ($0.body, $0.bodyRate) = (.milliseconds(300), 4096)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            let body = #"{"username":"ada","password":"\#(String(repeating: "x", count: 16_000))"}"#
            connection.send(Self.head + "Content-Length: \(body.utf8.count)\r\n\r\n")
            let started = ContinuousClock.now
            var rest = Substring(body)
            while !rest.isEmpty {
                #expect(connection.send(String(rest.prefix(1600))))
                rest = rest.dropFirst(1600)
                // The line is slow: this pause is what the test is about.
                try await Task.sleep(for: .milliseconds(60))
            }
            #expect(ContinuousClock.now - started > .milliseconds(500), "longer than the time for a body alone")
            #expect(try await connection.receive(answers: 1).statuses == [401])
        }
    }

    /// What came of it buys time, but not for ever.
    @Test func aBodyThatIsEndlessIsCutOff() async throws {
        try await withServer {
            ($0.body, $0.bodyRate, $0.longestBody) = (.milliseconds(100), 1, .milliseconds(300))
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
            #expect(try await isClosed(connection, sending: "a\r\n0123456789\r\n"))
        }
    }

    /// The server has said all it had to say; the client neither closes its end nor sends a request.
    @Test func aConnectionOnWhichCameNoRequestIsClosed() async throws {
        try await withServer {
            ($0.firstRequest, $0.nextRequest) = (.milliseconds(300), .milliseconds(300))
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send("no request\r\n\r\n")
            #expect(try await connection.receive().statuses == [400])
            try await eventually("both directions are closed", within: .seconds(10)) { !connection.send("x") }
        }
    }

    @Test func anExtensionOfAChunkThatIsEndlessIsCutOff() async throws {
        try await withServer {
            ($0.body, $0.bodyRate) = (.milliseconds(300), 1)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n1;x=")
            #expect(try await isClosed(connection, sending: "0123456789"))
        }
    }

    @Test func aConnectionWithoutASecondRequestIsClosed() async throws {
        try await withServer {
            $0.nextRequest = .milliseconds(300)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let received = try await connection.receive()
            #expect(received.statuses == [200])
            #expect(received.isClosed)
        }
    }

    @Test func aClientThatDoesNotReadItsAnswersIsCutOff() async throws {
        try await withServer {
            $0.stalledAnswer = .milliseconds(300)
        } _: { server in
            let connection = try RawConnection(port: server.client.port)
            let request = "GET /openapi.yaml HTTP/1.1\r\nHost: x\r\n\r\n"
            try await eventually("it is cut off") { !connection.send(String(repeating: request, count: 20)) }
        }
    }

    /// A byte now and then is no reading. One piece in the connection's buffer alone does not make it unwritable.
    @Test func aClientThatReadsAByteNowAndThenIsCutOff() async throws {
        try await withServer {
            $0.stalledAnswer = .milliseconds(300)
        } _: { server in
            let (ada, _) = try await server.client.register("ada")
            let body = String(repeating: "a", count: 500_000)
            for _ in 0..<8 { #expect(try await ada.post("/api/notes", ["title": "x", "body": body]).status == 201) }
            let connection = try RawConnection(port: server.client.port, receiveBuffer: 4096)
            connection.send(
                "GET /api/notes?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(ada.token ?? "")\r\n\r\n")
            // What was sent before the end is still there to read, at this rate for minutes: whoever sends learns of the end.
            let (_, isCutOff) = try await connection.receiveSlowly(1, every: .milliseconds(20), upTo: 50)
            try await eventually("it is cut off") { isCutOff || !connection.send("x") }
        }
    }

    /// Reads a page of 4 MB in pieces, a piece every 50 ms.
    private func reads(_ piece: Int, at rate: Int) async throws -> (bytes: Int, isClosed: Bool) {
        let result = Lock((bytes: 0, isClosed: false))
        try await withServer {
            ($0.stalledAnswer, $0.answerRate) = (.milliseconds(500), rate)
        } _: { server in
            let (ada, _) = try await server.client.register("ada")
            let body = String(repeating: "a", count: 500_000)
            for _ in 0..<8 { #expect(try await ada.post("/api/notes", ["title": "x", "body": body]).status == 201) }
            let connection = try RawConnection(port: server.client.port, receiveBuffer: 65_536)
            connection.send(
                "GET /api/notes?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(ada.token ?? "")\r\n\r\n")
            let read = try await connection.receiveSlowly(piece, every: .milliseconds(50), upTo: 4_000_000)
            result.withLock { $0 = read }
        }
        return result.withLock { $0 }
    }

    /// It takes much more than a little in any half second, and would hold the answer for as long as it likes.
    @Test func aClientThatReadsMoreSlowlyThanTheRateIsCutOff() async throws {
        let (bytes, isClosed) = try await reads(16_384, at: 4_000_000)
        #expect(isClosed)
        #expect(bytes < 3_000_000)
    }

    /// However long it takes.
    @Test func aClientThatReadsAtTheRateIsNotCutOff() async throws {
        let (bytes, isClosed) = try await reads(65_536, at: 200_000)
        #expect(bytes >= 4_000_000)
        #expect(!isClosed)
    }

    /// The control: the limits are no limits of a client that is quick.
    @Test func aSlowAnswerAndManyRequestsOnOneConnectionAreFine() async throws {
        let change: @Sendable (inout ClientTimeLimits) -> Void = {
            ($0.firstRequest, $0.nextRequest, $0.body, $0.stalledAnswer) = (
                .milliseconds(500), .milliseconds(500), .milliseconds(500), .milliseconds(500)
            )
        }
        try await withServer(change) { server in
            let connection = try RawConnection(port: server.client.port)
            for _ in 0..<10 {
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                #expect(try await connection.receive(answers: 1).statuses == [200])
                // The pauses make the connection older than each limit, and are shorter than any.
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    @Test(arguments: ["", head, head + "Content-Length: 100000\r\n\r\n{"])
    func silentConnectionsKeepNobodyOut(opening: String) async throws {
        try await withSmallServer { server in
            var silent: [RawConnection] = []
            for _ in 0..<200 {
                let connection = try RawConnection(port: server.client.port)
                connection.send(opening)
                silent.append(connection)
            }
            let (ada, _) = try await server.client.register("ada")
            #expect(try await ada.post("/api/tasks", ["title": "served"]).status == 201)
            withExtendedLifetime(silent) {}
        }
    }

    @Test func aConnectionThatIsBeingAnsweredIsNotClosedForOthers() async throws {
        try await withSmallServer { server in
            // Takes the time of a hash, while others come and stay silent.
            let body = #"{"username":"ada","email":"ada@example.org","password":"\#(TestClient.password)"}"#
            let connection = try RawConnection(port: server.client.port)
            connection.send(
                "POST /api/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
            let silent = try (0..<100).map { _ in try RawConnection(port: server.client.port) }
            #expect(try await connection.receive(answers: 1).statuses == [201])
            withExtendedLifetime(silent) {}
        }
    }
}
