internal import Foundation
public import Tenancy

/// The rules for new passwords (NIST SP 800-63B, OWASP ASVS 2.1): long, and not among the first guesses. No mixture
/// of character classes is required.
public enum PasswordRules {
    /// In Unicode scalars of the normal form C.
    static let minLength = 12
    static let maxBytes = 1024
    /// The minimum number of characters left after removing the common parts.
    private static let minOwnCharacters = 4
    private static let minDifferent = 5
    /// Shorter texts of letters and digits are what signs are added to, not what is spaced out.
    private static let minSpacedOut = 8
    /// Not in the list of common passwords, which has only short ones.
    private static let furtherWords = ["unify", "administrator"]
    /// Shown to users before they choose a password.
    public static let hint = "At least \(minLength) characters. Several words that do not belong together are good."

    /// Longer text is judged and hashed unnormalized: sorting its combining marks takes quadratic time.
    private static let maxNormalizedBytes = 4096

    /// The form that is judged and hashed: the same password typed on two systems is the same text.
    static func normalized(_ password: String) -> String {
        password.utf8.count > maxNormalizedBytes ? password : password.precomposedStringWithCanonicalMapping
    }

    /// The texts that a stored hash may be of: the normal form or, from before there was a pepper, the text as it was
    /// typed.
    static func forms(of password: String) -> [String] {
        let normal = normalized(password)
        return normal.utf8.elementsEqual(password.utf8) ? [normal] : [normal, password]
    }

    /// - Parameters:
    ///   - username: the user's name.
    ///   - email: the user's address.
    /// - Returns: what is wrong with the password; nil if it is acceptable.
    public static func fault(in password: Secret<String>, username: String, email: String) -> String? {
        let text = normalized(password.unsafeReveal())
        if text.utf8.contains(0) { return "must not contain NUL" }
        if text.unicodeScalars.count < minLength { return "must have at least \(minLength) characters" }
        if text.utf8.count > maxBytes { return "must have at most \(maxBytes) bytes" }
        if Set(text.lowercased()).count < minDifferent { return "must not be a few characters again and again" }
        let names = [username, String(email.prefix { $0 != "@" })]
        let own = (names + names.flatMap(stems) + [email] + furtherWords).map { $0.lowercased() }
        // Wide letters and the like are as easy to guess as the plain ones, and so is "p a s s w o r d".
        let judged = text.precomposedStringWithCompatibilityMapping.lowercased()
        let closed = judged.filter { $0.isLetter || $0.isNumber }
        let found = [judged, closed.count >= minSpacedOut ? closed : judged]
            .map { PasswordParts($0, ownWords: Set(own.filter { $0.count >= 3 })) }
            .first { $0.differentWords < 2 && $0.ownCharacters < minOwnCharacters }
        guard let found else { return nil }
        switch found.words.first {
        case _? where found.hasOwnWord:
            return "must not be your username, your address or this application's name with little else"
        case nil: return "must not be one character again and again, or a row of keys"
        default: return "is too common: it is one of the passwords that are tried first, with little else"
        }
    }

    /// The words that a name is made of: `mallory` of `mallory99`, `ada` and `lovelace` of `ada.lovelace`.
    private static func stems(of name: String) -> [String] { name.split { !$0.isLetter }.map(String.init) }
}
