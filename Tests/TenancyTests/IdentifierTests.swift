internal import Tenancy
import Testing

@Suite("Identifier")
struct IdentifierTests {
    @Test(arguments: ["a", "_", "Users", "User_Database_Config", "x1", "_1", String(repeating: "n", count: 63)])
    func takesNames(text: String) {
        #expect(Identifier(text)?.text == text)
    }

    @Test(arguments: [
        "", "1a", "a b", "a-b", "a.b", "a;b", "a\"b", "a'b", "a`b", "a]b", "a\0", "a\n", "é", "a\u{301}", "ａ", "名",
        "a--", "a/*", String(repeating: "n", count: 64),
    ])
    func refusesEverythingElse(text: String) {
        #expect(Identifier(text) == nil)
    }

    @Test func takesExactlyTheASCIIWordCharacters() {
        for value in UInt8.min...UInt8.max {
            let scalar = Unicode.Scalar(value)
            let isLetter = scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_")
            let isDigit = ("0"..."9").contains(scalar)
            #expect((Identifier("\(Character(scalar))") != nil) == isLetter, "\(value)")
            #expect((Identifier("a\(Character(scalar))") != nil) == (isLetter || isDigit), "\(value)")
        }
    }

    @Test func printsItsText() { #expect("\("Users" as Identifier)" == "Users") }
}
