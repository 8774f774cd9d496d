import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import PostgreSQLEngine

/// Somebody in the server's place who asks for the password in a way that gives it away.
@Suite(.timeLimit(.minutes(1))) struct WeakAuthenticationTests {
    /// How the request reaches the client.
    enum Way: CaseIterable, Sendable {
        case whole
        /// Its first bytes come some time before the others.
        case inPieces
        /// Together with a request for SCRAM, which the client would answer first.
        case behindSCRAM
    }

    /// Answers one client: no TLS, then a request of this kind (3 plain text, 5 MD5).
    /// - Returns: what the client sends then.
    private static func answer(_ listener: LoopbackListener, kind: UInt8, _ way: Way) -> [UInt8] {
        let client = listener.accept()
        defer { close(client) }
        // It asks for TLS first, where it wants that.
        if LoopbackListener.read(from: client).count == 8 {
            send(client, "N", 1, 0)
            _ = LoopbackListener.read(from: client)
        }
        let request: [UInt8] = [82, 0, 0, 0, kind == 5 ? 12 : 8, 0, 0, 0, kind] + (kind == 5 ? [1, 2, 3, 4] : [])
        let scram = [82, 0, 0, 0, 23, 0, 0, 0, 10] + Array("SCRAM-SHA-256\0\0".utf8)
        let pieces =
            switch way {
            case .whole: [request]
            case .inPieces: [Array(request.prefix(4)), Array(request.dropFirst(4))]
            case .behindSCRAM: [scram + request]
            }
        for (index, piece) in pieces.enumerated() {
            // The library shall read the first piece alone.
            if index > 0 { usleep(20_000) }
            send(client, piece, piece.count, 0)
        }
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

    @Test(
        arguments: [(3, .prefer), (3, .disable), (5, .prefer), (5, .disable)] as [(UInt8, TLSOptions.Mode)],
        Way.allCases)
    func thePasswordIsNotSent(request: (kind: UInt8, mode: TLSOptions.Mode), way: Way) async throws {
        let (kind, mode) = request
        let server = try LoopbackListener()
        let received = AsyncStream<[UInt8]>.makeStream()
        Thread { received.continuation.yield(Self.answer(server, kind: kind, way)) }.start()
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
