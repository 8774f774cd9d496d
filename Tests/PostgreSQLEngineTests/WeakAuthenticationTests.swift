import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import PostgreSQLEngine

/// Somebody in the server's place who asks for the password in a way that gives it away.
@Suite(.timeLimit(.minutes(1))) struct WeakAuthenticationTests {
    /// Answers one client: no TLS, then a request of this kind (3 plain text, 5 MD5).
    /// - Returns: what the client sends then.
    private static func answer(_ listener: LoopbackListener, kind: UInt8) -> [UInt8] {
        let client = listener.accept()
        defer { close(client) }
        // It asks for TLS first, where it wants that.
        if LoopbackListener.read(from: client).count == 8 {
            send(client, "N", 1, 0)
            _ = LoopbackListener.read(from: client)
        }
        let request: [UInt8] = [82, 0, 0, 0, kind == 5 ? 12 : 8, 0, 0, 0, kind] + (kind == 5 ? [1, 2, 3, 4] : [])
        send(client, request, request.count, 0)
        return LoopbackListener.read(from: client)
    }

    /// Debian 12 has version 15, which does not know the word; newer ones keep to it whatever comes in whichever pieces.
    @Test(arguments: TLSOptions.Mode.allCases) func newerLibrariesAnswerWithSCRAMAlone(mode: TLSOptions.Mode) {
        let tls = TLSOptions(mode: mode)
        let isVerified = [.verifyCA, .verifyFull].contains(mode)
        #expect(PostgreSQLLink.requiredAuthentication(tls, libraryVersion: 150_018) == "")
        #expect(
            PostgreSQLLink.requiredAuthentication(tls, libraryVersion: 160_000)
                == (isVerified ? "" : "scram-sha-256,none"))
    }

    @Test(arguments: [3, 5] as [UInt8], [TLSOptions.Mode.prefer, .disable])
    func thePasswordIsNotSent(kind: UInt8, mode: TLSOptions.Mode) async throws {
        let server = try LoopbackListener()
        let received = AsyncStream<[UInt8]>.makeStream()
        Thread { received.continuation.yield(Self.answer(server, kind: kind)) }.start()
        let location = DatabaseLocation(
            engine: .postgresql, host: "127.0.0.1", port: server.port, name: "main",
            login: Login(name: "me", password: Secret("hunter2hunter2")), tls: TLSOptions(mode: mode))
        let error = await #expect(throws: TenancyError.self) {
            _ = try await PostgreSQLEngine().connect(to: location, as: .main)
        }
        #expect(error?.code == .connectionFailed)
        #expect(error?.message.contains(kind == 3 ? "in plain text" : "as MD5") == true, "\(error?.message ?? "")")
        let sent = await received.stream.first { _ in true }
        #expect(sent == [], "nothing is answered to such a request")
    }
}
