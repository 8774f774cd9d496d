import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyApp
import UnifyTesting

/// The bounds of docs/limits.md that only a server as a whole has: what is at the bound is served, one more is not.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct ServerBoundTests {
    private static func isAnswered(_ connection: RawConnection) async throws -> Bool {
        connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return try await connection.receive(answers: 1).statuses == [200]
    }

    /// Up to fifteen sixteenths of them may stay, however silent.
    @Test func openConnectionsOfClients() async throws {
        let few: @Sendable (inout Settings) -> Void = { $0.maxClients = 32 }
        try await TestServer.withServer(on: [.sqlite], configure: few) { server in
            var connections: [RawConnection] = []
            for _ in 1...30 {
                let connection = try RawConnection(port: server.client.port)
                #expect(try await Self.isAnswered(connection))
                connections.append(connection)
            }
            for connection in connections { #expect(try await Self.isAnswered(connection), "none is closed") }
            let next = try RawConnection(port: server.client.port)
            #expect(try await Self.isAnswered(next))
            #expect(try await connections[0].receive().isClosed, "its client has kept the server waiting for longest")
            // One or two may have gone for the new one, the oldest first.
            for connection in connections.dropFirst(3) { #expect(try await Self.isAnswered(connection)) }
        }
    }

    /// The kernel tells how long a line it keeps for a socket that listens.
    @Test func connectionsThatWaitToBeAccepted() async throws {
        let most = try String(contentsOfFile: "/proc/sys/net/core/somaxconn", encoding: .utf8)
        let kernel = try #require(Int(most.trimmingCharacters(in: .whitespacesAndNewlines)))
        try await TestServer.withServer(on: [.sqlite]) { server in
            #expect(Self.lineOfListener(at: server.client.port) == min(1024, kernel))
        }
    }

    private static func lineOfListener(at port: Int) -> Int? {
        for descriptor in 0..<Int32(4096) {
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isSocket = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) == 0 }
            }
            guard isSocket, address.sin_family == sa_family_t(AF_INET), Int(UInt16(bigEndian: address.sin_port)) == port
            else { continue }
            // `struct tcp_info` of tcp(7): the state comes first; a listener's line is told as `tcpi_sacked`.
            let (tcp, tcpInfo, listening): (Int32, Int32, UInt8) = (6, 11, 10)
            var info = [UInt8](repeating: 0, count: 104)
            var length = socklen_t(info.count)
            guard getsockopt(descriptor, tcp, tcpInfo, &info, &length) == 0, info[0] == listening else { continue }
            return info[28..<32].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        return nil
    }

    /// Hummingbird's decoder counts them.
    @Test func headerFields() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            for (count, isTaken) in [(1000, true), (1001, false)] {
                let connection = try RawConnection(port: server.client.port)
                // With the host's.
                let fields = (1..<count).map { "X-\($0): y\r\n" }.joined()
                connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n")
                let received = try await connection.receive(answers: 1)
                #expect((received.statuses == [200]) == isTaken, "\(count): \(received.statuses)")
            }
        }
    }

    // MARK: Exports

    /// Exports that nobody reads are exports at the same time.
    @Test func exportsAtTheSameTime() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            var clients: [TestClient] = []
            for number in 1...5 { clients.append(try await server.client.register("user\(number)").client) }
            // More than the kernel takes of what nobody reads.
            let body = String(repeating: "a", count: 500_000)
            for client in clients.prefix(4) {
                for _ in 1...12 {
                    #expect(try await client.post("/api/notes", ["title": "x", "body": body]).status == 201)
                }
            }
            var unread: [RawConnection] = []
            for client in clients.prefix(4) {
                let connection = try RawConnection(port: server.client.port)
                connection.send(
                    "GET /api/me/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(client.token ?? "")\r\n\r\n")
                #expect(try await connection.receive(answers: 1).statuses == [200])
                unread.append(connection)
            }
            let own = try await clients[0].get("/api/me/export")
            #expect(own.status == 429)
            #expect(own.code == "export_running")
            #expect(own.header("Retry-After") == "5")
            #expect(try await clients[4].get("/api/me/export").status == 200, "who reads slowly holds up nobody else")
            #expect(try await clients[0].send("HEAD", "/api/me/export").status == 200, "it does nothing")
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(server.folder)/exports").isEmpty)
            unread.removeAll()
            for client in [clients[4], clients[0]] { try await expectExportSoon(client) }
        }
    }

    /// However many users there are: one export more than may be sent at once is refused, until one of them ends.
    @Test func exportsBeingSent() async throws {
        #expect(ExportLimits().sending == 64)
        let two: @Sendable (inout Settings) -> Void = { $0.exportLimits.sending = 2 }
        try await TestServer.withServer(on: [.sqlite], multiTenant: false, configure: two) { server in
            var unread: [RawConnection] = []
            let body = String(repeating: "a", count: 500_000)
            for number in 1...2 {
                let client = try await server.client.register("user\(number)").client
                for _ in 1...2 {
                    #expect(try await client.post("/api/notes", ["title": "x", "body": body]).status == 201)
                }
                let connection = try RawConnection(port: server.client.port, receiveBuffer: 4096)
                connection.send(
                    "GET /api/me/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(client.token ?? "")\r\n\r\n")
                #expect(try await connection.receive(answers: 1).statuses == [200])
                unread.append(connection)
            }
            let last = try await server.client.register("last").client
            // The second time tells that the user's own turn was given back.
            for _ in 1...2 { try await expectOverloaded(last) }
            #expect(try await last.get("/api/tasks").status == 200)
            unread.removeFirst()
            try await expectExportSoon(last)
        }
    }

    @Test func exportsBeingCopied() async throws {
        #expect(ExportLimits().copying == 4)
        let none: @Sendable (inout Settings) -> Void = { $0.exportLimits.copying = 0 }
        try await TestServer.withServer(on: [.sqlite], configure: none) { server in
            let ada = try await server.client.register("ada").client
            for _ in 1...2 { try await expectOverloaded(ada) }
        }
    }

    private func expectOverloaded(_ client: TestClient) async throws {
        let refused = try await client.get("/api/me/export")
        #expect(refused.status == 503)
        #expect(refused.code == "overloaded")
        #expect(refused.header("Retry-After") == "5")
    }

    private func expectExportSoon(_ client: TestClient) async throws {
        try await eventually("there is an export") { try await client.get("/api/me/export").status == 200 }
    }

    // MARK: Fields

    @Test func nameAndPasswordWhenSigningIn() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            for (name, password, status) in [(1000, 1, 401), (1001, 1, 422), (1, 100_000, 401), (1, 100_001, 422)] {
                let fields = [
                    "username": String(repeating: "n", count: name),
                    "password": String(repeating: "p", count: password),
                ]
                let answer = try await server.client.post("/api/login", fields)
                #expect(answer.status == status, "\(name), \(password)")
            }
        }
    }

    @Test func theReasonForReadingAUsersData() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            for (length, status) in [(500, 201), (501, 422)] {
                let reason = ["reason": String(repeating: "é", count: length)]
                #expect(try await root.post("/admin/user/\(id)/access", reason).status == status, "\(length)")
            }
        }
    }
}
