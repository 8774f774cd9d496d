internal import Tenancy
import Testing

@Suite("Secret")
struct SecretTests {
    private struct Login {
        var name = "ada"
        var password = Secret("hunter2")
        var older: [Secret<String>] = [Secret("hunter2")]
        var optional: Secret<String>? = Secret("hunter2")
    }

    private static func renderings(of value: some Any) -> [String] {
        var (printed, debugPrinted, dumped) = ("", "", "")
        print(value, to: &printed)
        debugPrint(value, to: &debugPrinted)
        dump(value, to: &dumped)
        let mirrored = Mirror(reflecting: value).children.map { "\($0.value)" }.joined()
        return [
            printed, debugPrinted, dumped, "\(value)", String(describing: value), String(reflecting: value), mirrored,
        ]
    }

    @Test func revealsItsValueOnlyWhenAsked() {
        #expect(Secret("hunter2").unsafeReveal() == "hunter2")
    }

    @Test func showsNothingHoweverItIsPrinted() {
        for text in Self.renderings(of: Secret("hunter2")) { #expect(!text.contains("hunter2")) }
        #expect("\(Secret("hunter2"))" == "<redacted>")
        #expect(String(reflecting: Secret("hunter2")) == "<redacted>")
    }

    @Test func showsNothingInsideOtherValues() {
        for text in Self.renderings(of: Login()) { #expect(!text.contains("hunter2")) }
        for text in Self.renderings(of: [1: Secret("hunter2")]) { #expect(!text.contains("hunter2")) }
    }

    @Test func showsNothingOfBytes() {
        for text in Self.renderings(of: Secret<[UInt8]>([201, 202, 203])) { #expect(!text.contains("202")) }
    }

    @Test func typesThatHoldSecretsShowNothing() {
        let location = DatabaseLocation(
            engine: .postgresql, login: Tenancy.Login(name: "u", password: Secret("hunter2")))
        for text in Self.renderings(of: location) { #expect(!text.contains("hunter2")) }
        let key = RootKey.random()
        for text in Self.renderings(of: key) { #expect(!text.contains(key.unsafeBase64())) }
    }

    /// The negative control: a plain value does show in every rendering that is looked at above.
    @Test func plainValueDoesShow() {
        struct Plain { let password = "hunter2" }
        for text in Self.renderings(of: Plain()) { #expect(text.contains("hunter2")) }
    }
}
