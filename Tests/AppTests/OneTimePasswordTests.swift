import Tenancy
import Testing

@testable import UnifyApp

@Suite struct OneTimePasswordTests {
    private static let rfcSecret = Array("12345678901234567890".utf8)

    /// RFC 4226, appendix D.
    @Test func vectorsOfHOTP() {
        let password = OneTimePassword(secret: Self.rfcSecret)
        let codes = (0..<10).map { password.code(counter: $0) }
        #expect(
            codes == [
                "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
            ])
    }

    /// RFC 6238, appendix B, of SHA-1 and eight digits.
    @Test(
        arguments: [
            (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
        ] as [(Int64, String)])
    func vectorsOfTOTP(seconds: Int64, code: String) {
        let step = OneTimePassword.step(at: Timestamp(milliseconds: seconds * 1000))
        #expect(OneTimePassword(secret: Self.rfcSecret).code(counter: step, digits: 8) == code)
    }

    @Test func aStepBeforeAndAfterIsTakenAndNoneThatWasUsed() {
        let password = OneTimePassword(secret: Self.rfcSecret)
        let date = Timestamp(milliseconds: 1_000_000 * 30_000)
        for (step, isTaken) in [
            (999_998, false), (999_999, true), (1_000_000, true), (1_000_001, true), (1_000_002, false),
        ]
            as [(Int64, Bool)]
        {
            let code = password.code(counter: step)
            #expect(password.step(of: code, at: date, after: 0) == (isTaken ? step : nil))
            #expect(password.step(of: code, at: date, after: step) == nil, "it was used")
        }
        #expect(password.step(of: "", at: date, after: 0) == nil)
        #expect(password.step(of: "1234567", at: date, after: 0) == nil)
    }

    /// RFC 4648, section 10, without padding.
    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func vectorsOfBase32(text: String, encoded: String) {
        #expect(Base32.encode(text.utf8) == encoded)
    }

    @Test func secretsAndRecoveryCodesAreLongAndDifferent() {
        #expect(OneTimePassword.randomSecret().count == 20)
        let codes = Set((0..<100).map { _ in RecoveryCode.random() })
        #expect(codes.count == 100)
        #expect(codes.allSatisfy { $0.wholeMatch(of: /[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}/) != nil })
        let pepper = PasswordPepper.random()
        #expect(RecoveryCode.hash("abcd-efgh-ijkl", pepper) == RecoveryCode.hash(" ABCDEFGH ijkl", pepper))
        #expect(RecoveryCode.hash("abcd-efgh-ijkl", pepper) != RecoveryCode.hash("abcd-efgh-ijkm", pepper))
        #expect(RecoveryCode.hash("abcd-efgh-ijkl", pepper) != RecoveryCode.hash("abcd-efgh-ijkl", .random()))
        #expect(RecoveryCode.mayBe("ABCD EFGH IJKL") && !RecoveryCode.mayBe("123456"))
    }
}
