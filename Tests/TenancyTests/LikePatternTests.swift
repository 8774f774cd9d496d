internal import Tenancy
import Testing

@Suite("LikePattern")
struct LikePatternTests {
    @Test(arguments: [
        ("", "%%"), ("a", "%a%"), ("50%", "%50!%%"), ("a_b", "%a!_b%"), ("[x]", "%![x]%"), ("!", "%!!%"),
        ("!%", "%!!!%%"), ("naïve 名", "%naïve 名%"), ("'; --", "%'; --%"), ("\\", "%\\%"),
    ])
    func marksWhatLikeWouldRead(text: String, pattern: String) {
        #expect(LikePattern.containing(text) == pattern)
    }

    /// LIKE reads code points: a wildcard stays one when a combining mark follows it.
    @Test(arguments: ["%\u{301}", "_\u{20DD}", "[\u{FE0F}", "!\u{200D}"])
    func marksWildcardsThatCarryACombiningMark(text: String) {
        let expected = Array("%!\(text)%".unicodeScalars)
        #expect(Array(LikePattern.containing(text).unicodeScalars) == expected)
    }
}
