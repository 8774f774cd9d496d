import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import SQLServerEngine

/// What the driver asks of a server before it logs in, read by somebody in the server's place.
@Suite(.timeLimit(.minutes(1))) struct SQLServerEncryptionTests {
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

    @Test(arguments: [("prefer", [1, 0] as [UInt8]), ("require", [1]), ("disable", [2])])
    func preferAsksForEncryptionFirst(mode: String, expected: [UInt8]) async throws {
        let server = try LoopbackListener()
        let (stream, continuation) = AsyncStream.makeStream(of: UInt8.self)
        Thread { Self.read(server, into: continuation) }.start()
        let location = DatabaseLocation(
            engine: .sqlserver, host: "127.0.0.1", port: server.port, name: "d",
            login: Login(name: "me", password: Secret("hunter2hunter2")), tls: try #require(TLSOptions(mode)))
        let error = await #expect(throws: TenancyError.self) {
            _ = try await SQLServerEngine().connect(to: location, as: .main)
        }
        continuation.finish()
        var offers: [UInt8] = []
        for await offer in stream where offers.last != offer { offers.append(offer) }
        #expect(offers == expected, "\(error?.description ?? "no error")")
    }
}
