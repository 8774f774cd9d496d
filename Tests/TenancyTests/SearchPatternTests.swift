import Tenancy
import Testing

@Suite("SearchPattern") struct SearchPatternTests {
    @Test(arguments: [
        ("", "%%", "^"), ("5", "%5%", "5"), ("ab", "%[Aa][Bb]%", "[Aa][Bb]"), ("5%", "%5[%]%", "5\\%"),
        ("_", "%[_]%", "\\_"), ("[5]", "%[[]5]%", "\\[5\\]"), ("名 ", "%名 %", "名 "),
        ("'; --", "%'; --%", "\\'\\; \\-\\-"),
        ("k", "%[Kk\u{212A}]%", "[Kk\u{212A}]"), ("ß", "%[ßẞ]%", "[ßẞ]"), ("İ", "%İ%", "İ"), ("ς", "%[Σςσ]%", "[Σςσ]"),
        ("𐐀", "%𐐀%", "[𐐀𐐨]"), ("\\", "%\\%", "\\\\"),
    ])
    func namesTheVariantsOfLettersAndEverySignAsItself(text: String, like: String, expression: String) {
        #expect(SearchPattern.like(text) == like)
        #expect(SearchPattern.regularExpression(text) == expression)
    }

    /// Patterns are read by code points: a wildcard stays one when a combining mark follows it.
    @Test(arguments: ["%", "_", "["]) func marksWildcardsThatCarryACombiningMark(sign: String) {
        let text = "\(sign)\u{301}"
        #expect(Array(SearchPattern.like(text).unicodeScalars) == Array("%[\(sign)]\u{301}%".unicodeScalars))
    }

    /// By Swift's own tables: what is one letter in lower case is one when it is folded.
    @Test func foldingIsThatOfUnicode() {
        var count = 0
        for value in UInt32(0)...0x1FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let folded = CaseFolding.folded(value)
            #expect(CaseFolding.folded(folded) == folded)
            if folded != value { count += 1 }
            let lower = Array(scalar.properties.lowercaseMapping.unicodeScalars)
            guard lower.count == 1, lower[0] != scalar, value != 0x130 else { continue }
            // What is new since Unicode 15 is not known yet.
            guard scalar.properties.age.map({ $0 <= (15, 0) }) == true else { continue }
            #expect(CaseFolding.folded(lower[0].value) == folded, "U+\(String(value, radix: 16))")
            #expect(CaseFolding.variants(of: scalar).contains(lower[0]))
        }
        #expect(count == 1454)
        #expect(CaseFolding.folded("ÄRZTE ΣΊΣΥΦΟΣ İẞ") == "ärzte σίσυφοσ İß")
    }
}
