import Testing

@testable import Tenancy

@Suite struct StringTruncationTests {
    @Test(arguments: [
        ("abc", 3, "abc"), ("abcd", 3, "abc"), ("e\u{301}e\u{301}", 3, "e\u{301}e"), ("😀😀", 3, "😀"), ("😀", 1, ""),
        ("", 0, ""),
    ])
    func theBeginningFits(text: String, length: Int, fitting: String) {
        #expect(Array(text.truncated(toUTF16: length).unicodeScalars) == Array(fitting.unicodeScalars))
    }
}
