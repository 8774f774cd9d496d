internal import Foundation
public import Tenancy

/// What a new password must be like (NIST SP 800-63B, OWASP ASVS 2.1): long, and not what everybody tries first. It needs no
/// mixture of kinds of characters.
public enum PasswordRules {
    /// In Unicode scalars of the normal form C.
    static let minLength = 12
    static let maxBytes = 1024
    /// Characters that must be left when the common parts are taken out.
    private static let minOwnCharacters = 4
    private static let minDifferent = 5
    /// What a user is told before they choose one.
    public static let hint = "At least \(minLength) characters. Several words that do not belong together are good."

    /// Beyond this a text is judged and hashed as it is: sorting its combining marks takes the square of their number.
    private static let maxNormalizedBytes = 4096

    /// The form that is judged and hashed: the same password typed on two systems is the same text.
    static func normalized(_ password: String) -> String {
        password.utf8.count > maxNormalizedBytes ? password : password.precomposedStringWithCanonicalMapping
    }

    /// What the hash of a password may be of: its normal form or, before there was a pepper, the text as it was typed.
    static func forms(of password: String) -> [String] {
        let normal = normalized(password)
        return normal.utf8.elementsEqual(password.utf8) ? [normal] : [normal, password]
    }

    /// - Parameters:
    ///   - username: of the user whose password it is to be.
    ///   - email: their address.
    /// - Returns: what is wrong; nil for a good one.
    public static func fault(in password: Secret<String>, username: String, email: String) -> String? {
        let text = normalized(password.unsafeReveal())
        if text.utf8.contains(0) { return "must not contain NUL" }
        if text.unicodeScalars.count < minLength { return "must have at least \(minLength) characters" }
        if text.utf8.count > maxBytes { return "must have at most \(maxBytes) bytes" }
        if Set(text.lowercased()).count < minDifferent { return "must not be a few characters again and again" }
        let own = [username, String(email.prefix { $0 != "@" }), "unify"].map { $0.lowercased() }
        let parts = PasswordParts(text.lowercased(), ownWords: Set(own.filter { $0.count >= 3 }))
        guard parts.words.count < 2, parts.ownCharacters < minOwnCharacters else { return nil }
        switch parts.words.first {
        case let word? where own.contains(word):
            return "must not be your username, your address or this application's name with little else"
        case nil: return "must not be one character again and again, or a row of keys"
        default: return "is too common: it is one of the passwords that are tried first, with little else"
        }
    }
}
