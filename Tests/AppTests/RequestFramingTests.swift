import NIOHTTP1
import Testing

@testable import UnifyApp

/// The end of a request as its head alone says it. The parser refuses some of these heads before, so over a connection nobody
/// would notice that this check is gone.
@Suite struct RequestFramingTests {
    private static func framing(
        _ fields: [(String, String)], version: HTTPVersion = .http1_1, uri: String = "/"
    ) -> RequestFraming? {
        RequestFraming(HTTPRequestHead(version: version, method: .POST, uri: uri, headers: HTTPHeaders(fields)))
    }

    @Test func oneWayToSayTheEndIsTaken() {
        let host = [("Host", "localhost")]
        #expect(Self.framing(host) != nil)
        #expect(Self.framing(host + [("Content-Length", "5")]) != nil)
        #expect(Self.framing(host + [("Transfer-Encoding", "Chunked")]) != nil)
    }

    @Test(
        arguments: [
            [("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
            [("Transfer-Encoding", "chunked"), ("Content-Length", "0")],
            [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")],
            [("Transfer-Encoding", "gzip, chunked")], [("Transfer-Encoding", "identity")], [("Transfer-Encoding", "")],
        ])
    func twoWaysAreRefused(fields: [(String, String)]) {
        #expect(Self.framing([("Host", "localhost")] + fields) == nil)
    }

    @Test func olderVersionsHaveNoChunks() {
        #expect(Self.framing([("Transfer-Encoding", "chunked")], version: .http1_0) == nil)
        #expect(Self.framing([("Content-Length", "5")], version: .http1_0) != nil)
    }
}
