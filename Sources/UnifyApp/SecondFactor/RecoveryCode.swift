internal import Crypto
internal import Tenancy

/// A code that replaces a one-time password once, for users who have lost their device: 60 random bits as
/// `abcd-efgh-ijkl`.
enum RecoveryCode {
    static let count = 10
    private static let characters = 12

    static func random() -> String {
        let text = SymmetricKey(size: .bits128).withUnsafeBytes { Base32.encode($0) }.prefix(characters).lowercased()
        return stride(from: 0, to: characters, by: 4).map { start in
            String(text.dropFirst(start).prefix(4))
        }.joined(separator: "-")
    }

    /// The stored form of a code. It has enough bits to prevent guessing, so a fast hash is enough.
    static func hash(_ code: String, _ pepper: PasswordPepper) -> String {
        Hex.encode(pepper.mixed(into: Array("recovery-code/\(normalized(code))".utf8)))
    }

    /// However it is typed.
    private static func normalized(_ code: String) -> String {
        code.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Whether a text can only be one, and not a one-time password.
    static func mayBe(_ code: String) -> Bool { normalized(code).count == characters }
}
