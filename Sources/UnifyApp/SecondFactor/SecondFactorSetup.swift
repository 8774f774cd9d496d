internal import Tenancy

/// What an app needs to generate a user's one-time passwords.
struct SecondFactorSetup: Sendable {
    /// In base32.
    let secret: Secret<String>
    /// The secret with the account's name, as apps read it from a QR code.
    let url: Secret<String>
    let code: QRCode

    init(secret bytes: [UInt8], username: String) throws {
        let secret = Base32.encode(bytes)
        let url =
            "otpauth://totp/Unify:\(username)?secret=\(secret)&issuer=Unify&algorithm=SHA1"
            + "&digits=\(OneTimePassword.digits)&period=\(OneTimePassword.stepSeconds)"
        self.secret = Secret(secret)
        self.url = Secret(url)
        code = try QRCode(url)
    }

    /// The secret in groups, for typing.
    var grouped: String {
        let text = Array(secret.unsafeReveal())
        return stride(from: 0, to: text.count, by: 4).map { String(text[$0..<min($0 + 4, text.count)]) }
            .joined(separator: " ")
    }
}
