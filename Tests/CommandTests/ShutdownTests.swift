import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// A client that never ends its request keeps the server from ending only for a while.
@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func serve(timeout: String) async throws -> (UnifyProcess, RawConnection) {
        let (server, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_SHUTDOWN_TIMEOUT": timeout])
        let connection = try RawConnection(port: client.port)
        let head = "Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
        connection.send("POST /api/login HTTP/1.1\r\n\(head){")
        // Answered after the connection above was accepted.
        #expect(try await client.get("/healthz").status == 200)
        return (server, connection)
    }

    @Test func itEndsWhenTheTimeIsOver() async throws {
        let (server, connection) = try await serve(timeout: "1")
        server.askToEnd()
        #expect(await server.exitStatus() == 0)
        #expect(server.log.contains("UNIFY_SHUTDOWN_TIMEOUT"), "\(server.log)")
        withExtendedLifetime(connection) {}
    }

    @Test func aSecondSignalEndsItAtOnce() async throws {
        let (server, connection) = try await serve(timeout: "600")
        server.askToEnd()
        try await eventually("it says what a second signal does") {
            server.log.contains("a second signal") || !server.isRunning
        }
        server.askToEnd()
        #expect(await server.exitStatus() == 128 + SIGTERM)
        withExtendedLifetime(connection) {}
    }
}
