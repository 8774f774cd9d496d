import Tenancy
import Testing

@testable import UnifyApp

@Suite struct PasswordRulesTests {
    private func fault(_ password: String) -> String? {
        PasswordRules.fault(in: Secret(password), username: "marguerite", email: "daisy.field@example.org")
    }

    @Test(arguments: [
        "password", "12345678", "        ", "marguerite", "correcthors", "password1234", "Password123!",
        "passwordpassword",
        "P@ssw0rd2026!", "letmeinletmein", "iloveyou1234", "hunter2hunter2", "qwertyuiop12", "qwerty123456",
        "123456789012", "aaaaaaaaaaaa", "            ", "Aa1!aaaaaaaa", "abcdefghijkl", "1q2w3e4r5t6y",
        "zyxwvutsrqponm",
        "sunshine2023!", "dragon111111", "1qaz2wsx3edc", "marguerite12", "Marguerite2026!", "margueritemarguerite",
        "daisy.field1990", "unifyunify12", "Unify-123456", "asdfghjkl;'\\", "éééééééééééé", "000000000000",
        "ababababab12", "daisy.field@example.org", "Daisy.Field@Example.Org", "daisy.field@example.org1",
        "ｐａｓｓｗｏｒｄ１２３４", "administrator", "p a s s w o r d", "l-e-t-m-e-i-n-2026", "zxcvbnm,./zx",
        "daisyfield1990", "fielddaisy!!!!", "margueritedaisy", "Field-marguerite-7", "daisyunify2026",
    ])
    func commonOnesAreRefused(password: String) {
        #expect(fault(password) != nil)
    }

    @Test(arguments: [
        "correct horse", "correct horse battery", "correct horse battery staple", "a long password", "another horse",
        "another password", "kT9#mQ2$vX7p", "Planted-pa55word-one", "zwölf Boxkämpfer", "парольдляпочты",
        "正確な馬の電池の主要な製品",
        "3141592653589", "marguerite likes tea", "S3cure-pass-phrase", "wrong horse battery", "Str0ng-Passw0rd!",
    ])
    func goodOnesAreTaken(password: String) {
        #expect(fault(password) == nil)
    }

    @Test func lengthsCountInTheNormalForm() {
        #expect(fault("kestrel-foe\u{301}") == "must have at least 12 characters")
        #expect(fault("kestrel-foe\u{301}s") == nil)
        #expect(fault("kestrel-fog\u{0}s") == "must not contain NUL")
        #expect(fault(String(repeating: "kestrel-herons, ", count: 64)) == nil)
        #expect(fault(String(repeating: "kestrel-herons, ", count: 64) + "x") == "must have at most 1024 bytes")
    }

    /// A name that ends in a number is as easy to guess without it.
    @Test(arguments: ["mallory99mallory", "mallorymallory", "mallory-mallory-1", "99mallory99mallory"])
    func aNameWithoutItsNumberIsTheName(password: String) {
        #expect(PasswordRules.fault(in: Secret(password), username: "mallory99", email: "m99@example.org") != nil)
    }

    @Test func aShortNameDoesNotCount() {
        #expect(PasswordRules.fault(in: Secret("an orchard of pears"), username: "a", email: "o@example.org") == nil)
    }

    @Test func theListHasWhatItSays() {
        #expect(CommonPasswords.words.count == 10_000)
        #expect(CommonPasswords.words.allSatisfy { (4...CommonPasswords.maxLength).contains($0.count) })
    }

    /// The longest text that is judged at all must not take noticeably long.
    @Test func judgingALongOneIsQuick() {
        let clock = ContinuousClock()
        let text = Secret(String(repeating: "passw0rd", count: 128))
        #expect(
            clock.measure { _ = PasswordRules.fault(in: text, username: "ada", email: "ada@example.org") } < .seconds(1)
        )
    }
}
