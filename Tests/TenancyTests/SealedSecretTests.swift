internal import Tenancy
import Testing

@Suite("SealedSecret")
struct SealedSecretTests {
    @Test func textRoundTrips() throws {
        let sealed = try KeyRing(current: .random()).seal(Secret("hunter2"), in: "here")
        #expect(SealedSecret(text: sealed.text) == sealed)
        #expect(sealed.text.hasPrefix("v1.\(sealed.keyID)."))
        let alphabet = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
        #expect(sealed.text.allSatisfy { alphabet.contains($0) })
    }

    @Test(arguments: [
        "", "v1", "v1.a", "v1.a.AAAA", "v2.a.AAAA.AAAA", "V1.a.AAAA.AAAA", "v1.a.AAAA.AAAA.", "v1.a.AAAA.AAAA.AAAA",
        "v1.a.AA+A.AAAA", "v1.a.AA/A.AAAA", "v1.a.AAA=.AAAA", "v1.a.A.AAAA", "v1.a.AAAA.AA A", "v1.a.AAAA.é",
        " v1.a.AAAA.AAAA",
    ])
    func refusesTextOfAnotherForm(text: String) {
        #expect(SealedSecret(text: text) == nil)
    }
}
