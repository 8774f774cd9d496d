import Foundation
import NIOCore
import Testing
import UnifyTesting

@testable import UnifyApp

/// Bodies in chunks, however small: all of them arrive, in order, and cost little.
@Suite(.timeLimit(.minutes(2))) struct SmallBodyPartsTests {
    @Test func smallPartsAreJoinedAndLargeOnesAreNot() throws {
        var parts = SmallBodyParts()
        var passedOn: [ByteBuffer] = []
        func add(_ text: String) { if let bytes = parts.add(ByteBuffer(string: text)) { passedOn.append(bytes) } }
        let texts = (0..<100_000).map { String($0 % 10) }
        texts.forEach(add)
        if let rest = parts.take() { passedOn.append(rest) }
        #expect(passedOn.count <= 100_000 / SmallBodyParts.joinedBytes + 1)
        #expect(passedOn.map { String(buffer: $0) }.joined() == texts.joined())
        #expect(parts.take() == nil)
        let large = String(repeating: "x", count: SmallBodyParts.smallBytes)
        passedOn = []
        add(large)
        #expect(passedOn == [ByteBuffer(string: large)])
        add("a")
        add(large)
        #expect(passedOn.last == ByteBuffer(string: "a" + large))
        #expect(parts.take() == nil)
    }

    /// In one piece on the wire, and with a pause between the chunks.
    @Test(arguments: [1, 7, 5000]) func aBodyInChunksArrivesWhole(size: Int) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let text = (0..<5000).map { String($0 % 10) }.joined()
            let body = Array(#"{"title":"x","body":"\#(text)"}"#)
            let chunks = stride(from: 0, to: body.count, by: size).map { start in
                let chunk = String(body[start..<min(start + size, body.count)])
                return "\(String(chunk.utf8.count, radix: 16))\r\n\(chunk)\r\n"
            }
            let connection = try RawConnection(port: server.client.port)
            let fields = "Host: x\r\nAuthorization: Bearer \(ada.token ?? "")\r\nContent-Type: application/json\r\n"
            connection.send("POST /api/notes HTTP/1.1\r\n\(fields)Transfer-Encoding: chunked\r\n\r\n")
            connection.send(chunks[0])
            try await Task.sleep(for: .milliseconds(20))
            connection.send(chunks.dropFirst().joined() + "0\r\n\r\n")
            #expect(try await connection.receive(answers: 1).statuses == [201])
            #expect(try await ada.get("/api/notes").items.first?["body"] as? String == text)
        }
    }
}
