import Foundation
import NIOCore
import Testing

@testable import UnifyApp

struct JSONWriterTests {
    /// Fields refuse most of them, but a row of an attached database may hold any. Another parser reads them back.
    @Test func everyControlCharacterIsWrittenAsItIsRead() throws {
        for value in 0...0x1F as ClosedRange<UInt32> {
            let text = "a\(try #require(Unicode.Scalar(value)))b"
            let json = JSONWriter.object { $0.member("text", text) }
            let bytes = Data(json.readableBytesView)
            #expect(bytes.allSatisfy { $0 >= 0x20 }, "U+\(String(value, radix: 16))")
            let read = try JSONSerialization.jsonObject(with: bytes) as? [String: String]
            #expect(read?["text"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars), "U+\(value)")
        }
    }
}
