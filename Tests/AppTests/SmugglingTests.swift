import TenancyTesting
import Testing
import UnifyTesting

/// Requests whose end two programs could see in two places: refused, or taken for what the first reading says, and never for
/// a second request that their body holds.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct SmugglingTests {
    /// Hidden behind what it follows; answered with 200 where it is taken for a request of its own.
    private static let hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

    static let ambiguous: [(name: String, head: String, body: String)] = [
        ("length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n\(hidden)"),
        ("chunked and length", "Transfer-Encoding: chunked\r\nContent-Length: 40", "0\r\n\r\n\(hidden)"),
        ("two lengths", "Content-Length: 0\r\nContent-Length: \(hidden.utf8.count)", hidden),
        ("two lengths in one", "Content-Length: 0, \(hidden.utf8.count)", hidden),
        ("negative length", "Content-Length: -1", hidden),
        ("signed length", "Content-Length: +0", hidden),
        ("hexadecimal length", "Content-Length: 0x0", hidden),
        ("overflowing length", "Content-Length: 18446744073709551616", hidden),
        ("space before the colon", "Content-Length : \(hidden.utf8.count)", hidden),
        ("unknown coding", "Transfer-Encoding: xchunked", "0\r\n\r\n\(hidden)"),
        ("coding after chunked", "Transfer-Encoding: chunked, identity", "0\r\n\r\n\(hidden)"),
        ("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n\(hidden)"),
        ("vertical tab in the coding", "Transfer-Encoding: \u{B}chunked", "0\r\n\r\n\(hidden)"),
        ("folded header", "X-A: b\r\n Content-Length: 0\r\nContent-Length: +1", hidden),
        ("chunk size that overflows", "Transfer-Encoding: chunked", "10000000000000000\r\n\r\n\(hidden)"),
        ("chunk size with a sign", "Transfer-Encoding: chunked", "+0\r\n\r\n\(hidden)"),
        ("coding twice", "Transfer-Encoding: chunked, chunked", "0\r\n\r\n\(hidden)"),
        ("two fields of the coding", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "0\r\n\r\n\(hidden)"),
        ("other coding first", "Transfer-Encoding: gzip, chunked", "0\r\n\r\n\(hidden)"),
        (
            "unknown coding, then chunked", "Transfer-Encoding: xchunked\r\nTransfer-Encoding: chunked",
            "0\r\n\r\n\(hidden)"
        ),
        ("length 0 and chunked", "Content-Length: 0\r\nTransfer-Encoding: chunked", "0\r\n\r\n\(hidden)"),
        ("two hosts", "Host: localhost\r\nContent-Length: 0", hidden),
        ("two equal hosts", "Host: x\r\nContent-Length: 0", hidden),
        ("NUL in a header", "X-A: b\u{0}c\r\nContent-Length: +0", hidden),
    ]

    @Test(arguments: ambiguous) func anAmbiguousEndIsRefused(name: String, head: String, body: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send("POST /api/login HTTP/1.1\r\nHost: x\r\n\(head)\r\n\r\n\(body)")
            let received = try await connection.receive(silence: .seconds(2))
            #expect(!received.statuses.contains(200), "\(name): the hidden request was answered: \(received.text)")
            #expect(received.statuses.allSatisfy { (400...499).contains($0) }, "\(name): \(received.text)")
            #expect(received.isClosed, "\(name): what follows cannot be trusted")
        }
    }

    /// Fields and version of a request, and whether it is answered and the connection kept.
    static let versions: [(version: String, fields: String, statuses: [Int], isKept: Bool)] = [
        ("1.1", "Host: localhost", [200, 200], true), ("1.1", "", [400], false), ("1.1", "Host:", [400], false),
        ("1.1", "Host: a b", [400], false), ("1.1", "Host: localhost\r\nHost: localhost", [400], false),
        ("1.1", "Host: localhost\r\nConnection: close", [200], false),
        ("1.1", "Host: localhost\r\nConnection: X, Close", [200], false),
        ("1.1", "Host: localhost\r\nConnection: keep-alive", [200, 200], true),
        ("1.0", "Host: localhost", [200], false), ("1.0", "", [200], false),
        ("1.0", "Connection: keep-alive", [200, 200], true), ("1.0", "Connection: TE, Keep-Alive", [200, 200], true),
        ("1.0", "Connection: keep-alive\r\nConnection: close", [200], false),
        ("1.0", "Connection: close", [200], false),
        ("1.1", "Host: localhost\r\nConnection: TE\r\nConnection: close", [200], false),
        ("1.1", "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c", [200], false),
        ("1.0", "Host: localhost\r\nTransfer-Encoding: chunked", [400], false),
        ("2.0", "Host: localhost", [400], false),
        ("1.2", "Host: localhost", [400], false), ("0.9", "Host: localhost", [400], false),
    ]

    @Test(arguments: versions) func hostsVersionsAndTheEndOfAConnection(
        version: String, fields: String, statuses: [Int], isKept: Bool
    ) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let connection = try RawConnection(port: server.client.port)
            let fields = fields.isEmpty ? "" : fields + "\r\n"
            connection.send("GET /healthz HTTP/\(version)\r\n\(fields)\r\n\(Self.hidden)")
            let received = try await connection.receive(silence: .seconds(5), answers: isKept ? 2 : .max)
            #expect(received.statuses == statuses, "\(received.text)")
            #expect(received.isClosed != isKept)
            if version == "1.0", statuses == [200] {
                #expect(received.text.matches(of: #/HTTP/1\.0 200/#).count == 1, "\(received.text)")
            }
            if version == "1.0", isKept {
                #expect(received.text.hasPrefix("HTTP/1.0 200"), "\(received.text)")
                #expect(received.text.lowercased().contains("connection: keep-alive"), "\(received.text)")
            }
            if !isKept { #expect(received.text.lowercased().contains("connection: close"), "\(received.text)") }
        }
    }

    /// What follows the answer to a request whose body has not ended is no request, even if it is no body either.
    @Test(arguments: [true, false]) func aBodyThatBreaksAfterItsAnswerGetsNoSecondOne(isSentAtOnce: Bool) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let connection = try RawConnection(port: server.client.port)
            let request = "POST /api/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}"
            let rest = "XX\r\n\(Self.hidden)"
            var statuses: [Int] = []
            if isSentAtOnce {
                connection.send(request + rest)
            } else {
                connection.send(request)
                statuses = try await connection.receive(answers: 1).statuses
                connection.send(rest)
            }
            let received = try await connection.receive(silence: .seconds(5))
            #expect(statuses + received.statuses == [401], "\(received.text)")
            #expect(received.isClosed)
        }
    }

    /// The control: what breaks before its answer is told so, once.
    @Test func aBodyThatBreaksBeforeItsAnswerIsToldSo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let connection = try RawConnection(port: server.client.port)
            connection.send(
                "POST /api/tasks HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(ada.token ?? "")\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}XX\r\n\(Self.hidden)")
            let received = try await connection.receive(silence: .seconds(5))
            #expect(received.statuses == [400] && received.isClosed, "\(received.text)")
        }
    }

    @Test(arguments: [("gzip", 415), ("identity, gzip", 415), ("x", 415), ("Identity", 201)])
    func aBodyThatIsEncodedIsNotReadAsIfItWereNot(coding: String, status: Int) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.send(
                "POST", "/api/tasks", json: ["title": "plain"], headers: ["Content-Encoding": coding])
            #expect(answer.status == status)
            if status == 415 {
                #expect(answer.code == "unsupported_media_type")
                #expect(answer.header("Accept-Encoding") == "identity")
            }
            #expect(try await ada.get("/api/tasks").items.count == (status == 201 ? 1 : 0))
        }
    }

    @Test func theControlIsAnswered() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n\(Self.hidden)")
            #expect(try await connection.receive(silence: .seconds(10), answers: 2).statuses == [415, 200])
        }
    }

    @Test(arguments: [
        "GET /healthz HTTP/1.1\r\n", "GET /healthz HTTP/9.9\r\nHost: x\r\n", "GET  HTTP/1.1\r\nHost: x\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}", "GET /a b HTTP/1.1\r\nHost: x\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nBad Name: y\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\n: nothing\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 100_000) + "\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + String(repeating: "X: y\r\n", count: 2000),
        "GET /" + String(repeating: "a", count: 200_000) + " HTTP/1.1\r\nHost: x\r\n",
    ])
    func whatIsNoRequestHarmsNobody(request: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let connection = try RawConnection(port: server.client.port)
            connection.send(request + "\r\n")
            let received = try await connection.receive(silence: .seconds(2))
            #expect(received.statuses.allSatisfy { $0 < 500 }, "\(received.text)")
            #expect(try await server.client.get("/healthz").status == 200)
        }
    }
}
