import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import SQLServerEngine

/// What the driver sends to a server before it is encrypted, read by somebody in the server's place.
@Suite(.tags(.proof), .timeLimit(.minutes(1))) struct SQLServerEncryptionTests {
    /// Reads the first packet of each client and closes the connection.
    ///
    /// What they offer: 0 encryption of the login alone, 1 of everything, 2 none.
    private static func read(_ listener: LoopbackListener, into stream: AsyncStream<UInt8>.Continuation) {
        while case let client = listener.accept(), client >= 0 {
            if let offer = offer(LoopbackListener.read(from: client)) { stream.yield(offer) }
            close(client)
        }
    }

    /// The option ENCRYPTION of a PRELOGIN packet (MS-TDS, 2.2.6.5).
    private static func offer(_ packet: [UInt8]) -> UInt8? {
        guard packet.count > 8, packet[0] == 0x12 else { return nil }
        let options = Array(packet[8...])
        var index = 0
        while index + 4 < options.count, options[index] != 0xff {
            let offset = Int(options[index + 1]) << 8 | Int(options[index + 2])
            if options[index] == 1 { return offset < options.count ? options[offset] : nil }
            index += 5
        }
        return nil
    }

    /// Says that it has no encryption, and reads what each client does next: 0x10 is a login in plain text, 0x12 a
    /// handshake of TLS, nothing the end.
    private static func refuseEncryption(_ listener: LoopbackListener, into stream: AsyncStream<UInt8>.Continuation) {
        // One option, ENCRYPTION, at byte 6: 2, not supported.
        let options: [UInt8] = [1, 0, 6, 0, 1, 0xff, 2]
        let answer: [UInt8] = [4, 1, 0, UInt8(8 + options.count), 0, 0, 1, 0] + options
        while case let client = listener.accept(), client >= 0 {
            _ = LoopbackListener.read(from: client)
            _ = send(client, answer, answer.count, Int32(MSG_NOSIGNAL))
            stream.yield(LoopbackListener.read(from: client).first ?? 0)
            close(client)
        }
    }

    /// A server without encryption learns the login where that is allowed, and only there.
    @Test(arguments: [("prefer", [0, 0x10] as [UInt8]), ("require", [0]), ("disable", [0x10])])
    func aLoginIsSentInPlainTextOnlyWhereThatIsAllowed(mode: String, expected: [UInt8]) async throws {
        try await expect(expected, mode: mode, Self.refuseEncryption)
    }

    @Test(arguments: [("prefer", [1, 0] as [UInt8]), ("require", [1]), ("disable", [2])])
    func preferAsksForEncryptionFirst(mode: String, expected: [UInt8]) async throws {
        try await expect(expected, mode: mode, Self.read)
    }

    /// Connects to a server that is not one, and compares what it saw; the driver may repeat itself.
    private func expect(
        _ expected: [UInt8], mode: String,
        _ serve: @escaping @Sendable (LoopbackListener, AsyncStream<UInt8>.Continuation) -> Void
    ) async throws {
        let server = try LoopbackListener()
        let (stream, continuation) = AsyncStream.makeStream(of: UInt8.self)
        Thread {
            serve(server, continuation)
            continuation.finish()
        }.start()
        let location = DatabaseLocation(
            engine: .sqlserver, host: "127.0.0.1", port: server.port, name: "d",
            login: Login(name: "me", password: Secret("hunter2hunter2")), tls: try #require(TLSOptions(mode)))
        let error = await #expect(throws: TenancyError.self) {
            _ = try await SQLServerEngine().connect(to: location, as: .main)
        }
        server.stop()
        var seen: [UInt8] = []
        for await word in stream where seen.last != word { seen.append(word) }
        #expect(seen == expected, "\(error?.description ?? "no error")")
    }
}
