import Testing

@testable import UnifyApp

struct EmailAddressTests {
    @Test(arguments: [
        "ada@example.org", "Ada.Lovelace+tag@Example.ORG", "jos\u{E9}@example.org", "jose\u{301}@example.org",
        "ada@b\u{FC}cher.example", "ada@xn--bcher-kva.example", "o'brien@example.org", "a@b", "ada@127.0.0.1",
        "用户@例え.jp", "ada@my_host.local",
    ])
    func goodAddressesAreTaken(address: String) {
        #expect(EmailAddress.fault(in: address) == nil)
    }

    @Test(arguments: [
        ("", "must be an address"), ("ada", "must be an address"), ("@example.org", "must be an address"),
        ("ada@", "must be an address"), ("a@b@c", "must be an address"), ("a@@b", "must be an address"),
        ("ada@b\u{FF20}c", "must be an address"), ("ada\u{FF20}example.org", "must be an address"),
        ("ada @example.org", "blanks"), ("ada\u{A0}@example.org", "blanks"), ("ada@example.org\u{2003}", "blanks"),
        ("\u{3000}ada@example.org", "blanks"), ("ada@example.org\n", "blanks"), ("ada\t@example.org", "blanks"),
        ("ada\u{B4}@example.org", "must be an address"),
        ("ada\u{200B}@example.org", "invisible"), ("a\u{AD}da@example.org", "invisible"),
        ("\u{FEFF}ada@example.org", "invisible"), ("ada\u{0}@example.org", "invisible"),
        ("ada\u{7F}@example.org", "invisible"), ("\u{202E}ada@example.org", "invisible"),
        ("ada@exam\u{2060}ple.org", "invisible"), ("ada\u{FE0F}@example.org", "invisible"),
        ("ada\u{E000}@example.org", "invisible"), ("ada\u{3164}@example.org", "invisible"),
        ("<a@b.org>", "one address alone"), ("Ada <a@b.org>", "blanks"), ("a,b@c.org", "one address alone"),
        ("\"ada\"@example.org", "one address alone"), ("a;b@c.org", "one address alone"),
        ("ada@[127.0.0.1]", "one address alone"), ("mailto:ada@example.org", "one address alone"),
        ("ada@example.org.", "point"), ("ada@.example.org", "point"), ("ada@example..org", "point"),
        (".ada@example.org", "point"), ("ada.@example.org", "point"), ("a..da@example.org", "point"),
        ("a@\u{3002}b", "point"), ("a@b\u{3002}\u{3002}c", "point"), ("a@b.\u{3002}c", "point"),
        ("a@b\u{3002}.", "point"), ("a@b\u{3002}", "point"), ("ada@\u{FF0E}b", "point"), ("ada@\u{FF61}b", "point"),
        ("ada@-example.org", "domain"), ("ada@example!.org", "domain"), ("ada@xn--\u{FC}.org", "domain"),
        ("ada@xn--99999999999.org", "domain"),
    ])
    func badAddressesAreRefusedWithWhatIsWrong(address: String, word: String) {
        #expect(EmailAddress.fault(in: address)?.contains(word) == true, "\(EmailAddress.fault(in: address) ?? "none")")
    }

    @Test func anAddressHasAtMost254Bytes() {
        let domain = "@example.org"
        for letter in ["a", "é", "語"] {
            let count = (254 - domain.utf8.count) / letter.utf8.count
            #expect(EmailAddress.fault(in: String(repeating: letter, count: count) + domain) == nil)
            #expect(EmailAddress.fault(in: String(repeating: letter, count: count + 1) + domain) != nil)
        }
    }

    @Test(arguments: [
        ("ADA@EXAMPLE.ORG", "ada@example.org"), ("ada@example.org.", "ada@example.org"),
        ("JOS\u{C9}@example.org", "jos\u{E9}@example.org"), ("jose\u{301}@example.org", "jos\u{E9}@example.org"),
        ("JOSE\u{301}@EXAMPLE.org", "jos\u{E9}@example.org"), ("STRASSE@x.org", "stra\u{DF}e@x.org"),
        ("\u{39F}\u{394}\u{39F}\u{3A3}@x.org", "\u{3BF}\u{3B4}\u{3BF}\u{3C2}@x.org"),
        ("\u{FF41}da@x.org", "ada@x.org"), ("ada\u{FF20}x.org", "ada@x.org"), ("\u{212A}@x.org", "k@x.org"),
        ("ada@XN--BCHER-KVA.example", "ada@b\u{FC}cher.example"),
        ("ada@B\u{DC}CHER.example", "ada@b\u{FC}cher.example"),
        ("ada@例え\u{3002}jp", "ada@xn--r8jz45g.jp"), ("ada@xn--mnchen-3ya.de", "ada@m\u{FC}nchen.de"),
    ])
    func spellingsOfOneAddressHaveOneForm(one: String, other: String) {
        #expect(EmailAddress.normalForm(of: one) == EmailAddress.normalForm(of: other))
        // Strings are equal by their canonical forms; the database compares bytes.
        #expect(Array(EmailAddress.normalForm(of: one).utf8) == Array(EmailAddress.normalForm(of: other).utf8))
    }

    @Test(arguments: [
        ("jose@x.org", "jos\u{E9}@x.org"), ("kir@x.org", "k\u{131}r@x.org"), ("ada@x.org", "\u{430}da@x.org"),
        ("ada+1@x.org", "ada@x.org"), ("a.da@x.org", "ada@x.org"), ("ada@x.org", "ada@y.org"),
    ])
    func addressesOfTwoPeopleStayTwo(one: String, other: String) {
        #expect(EmailAddress.normalForm(of: one) != EmailAddress.normalForm(of: other))
    }

    @Test func anyTextHasANormalForm() {
        for text in [
            "", "@", "@@", "xn--", "a@xn--", "a@xn---", "a@.", "\u{301}@\u{301}",
            String(repeating: "\u{301}", count: 100_000),
        ] {
            _ = EmailAddress.normalForm(of: text)
        }
        for seed in 0..<2000 {
            var generator = SystemRandomNumberGenerator()
            let label = (0..<(seed % 40)).map { _ in
                Character(Unicode.Scalar(UInt8.random(in: 0x2D...0x7A, using: &generator)))
            }
            _ = EmailAddress.normalForm(of: "a@xn--" + String(label))
        }
    }
}
