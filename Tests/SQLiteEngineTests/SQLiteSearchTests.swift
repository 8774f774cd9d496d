import Tenancy
import Testing

@testable import SQLiteEngine

@Suite struct SQLiteSearchTests {
    private func contains(_ text: [UInt8], _ needle: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { text in needle.withUnsafeBufferPointer { SQLiteSearch.contains(text, $0) } }
    }

    @Test(arguments: [
        ("", "", true), ("a", "", true), ("", "a", false), ("abc", "c", true), ("aab", "ab", true),
        ("aaaaab", "aaab", true), ("ababac", "abac", true), ("ababab", "abac", false), ("ABAbaC", "abac", true),
        ("xÄy", "ä", true), ("名前", "前", true), ("😀😎", "😎", true), ("a\u{0}b", "b", true), ("Σς", "σσ", true),
    ]) func findsWhatStandsAnywhere(text: String, needle: String, isThere: Bool) {
        #expect(contains(Array(text.utf8), Array(needle.utf8)) == isThere)
    }

    /// Against the plain way, on words of few letters, where beginnings repeat.
    @Test func findsTheSameAsLookingEverywhere() {
        var generator = SystemRandomNumberGenerator()
        func word(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0x61...0x62, using: &generator) } }
        for _ in 0..<5000 {
            let (text, needle) = (word(.random(in: 0...20)), word(.random(in: 1...6)))
            let expected = (0...text.count).contains { text[$0...].starts(with: needle) }
            #expect(contains(text, needle) == expected, "\(text) \(needle)")
        }
    }

    @Test func bytesThatAreNoTextMatchNothingAndHarmNothing() {
        for text in [[0xFF], [0xC3], [0xE2, 0x82], [0xF0, 0x9F], [0x80], [0xC3, 0x41]] as [[UInt8]] {
            #expect(!contains(text, Array("é".utf8)))
            #expect(contains(text + [0x78], [0x78]))
        }
    }
}
