internal import Foundation

/// The rules for email addresses, and the normal form in which they are compared.
///
/// Spellings with the same ``normalForm(of:)`` reach the same person: they differ in case, in the encoding of
/// accented letters, in width, or in whether the domain is Unicode or Punycode. Similar letters of different scripts
/// stay different.
enum EmailAddress {
    /// In bytes (RFC 5321), and in characters of the normal form.
    static let maxLength = 254
    /// Longer text is not an address and is not normalized: sorting combining marks takes quadratic time.
    private static let maxNormalizedBytes = 1024
    /// Characters that RFC 5322 allows only in quotes or around an address.
    private static let delimiters: Set<Unicode.Scalar> = ["<", ">", "(", ")", "[", "]", "\\", ",", ";", ":", "\""]

    // MARK: Rules

    /// - Returns: what is wrong with the address; nil if it is acceptable.
    static func fault(in address: String) -> String? {
        guard address.utf8.count <= maxLength else { return "must have at most \(maxLength) characters" }
        if let fault = characterFault(in: address) { return fault }
        // The compatibility form may contain characters that the address does not, such as the full-width `＠`.
        let normalForm = normalForm(of: address)
        let parts = normalForm.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
            characterFault(in: normalForm) == nil, address.unicodeScalars.contains("@")
        else { return "must be an address like ada@example.org" }
        guard normalForm.unicodeScalars.count <= maxLength else { return "must have at most \(maxLength) characters" }
        // The normal form leaves out a point at the end.
        let domain = folded(address).suffix { $0 != "@" }.replacing("\u{3002}", with: ".")
        if [parts[0], parts[1], Substring(domain)].contains(where: hasLoosePoint) {
            return "must not have a point at the beginning or end of a part, nor two in a row"
        }
        return parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isLabel)
            ? nil : "must end in a domain, as example.org"
    }

    private static func characterFault(in text: String) -> String? {
        for scalar in text.unicodeScalars {
            if scalar.properties.isWhitespace { return "must not contain blanks" }
            if scalar.isInvisible || hasNoCommonGlyph(scalar) { return "must not contain invisible characters" }
            if delimiters.contains(scalar) {
                return "must be one address alone, without a name, quotes, brackets or commas: ada@example.org"
            }
        }
        return nil
    }

    /// Whether it has no glyph that everyone sees alike.
    private static func hasNoCommonGlyph(_ scalar: Unicode.Scalar) -> Bool {
        [.format, .privateUse, .unassigned].contains(scalar.properties.generalCategory)
    }

    private static func hasLoosePoint(_ part: some StringProtocol) -> Bool {
        part.hasPrefix(".") || part.hasSuffix(".") || part.contains("..")
    }

    /// Whether a part of a domain between points could be one.
    private static func isLabel(_ label: Substring) -> Bool {
        !label.hasPrefix("-") && !label.hasSuffix("-") && !label.hasPrefix(acePrefix)
            && !label.isEmpty
            && label.utf8.allSatisfy { byte in
                byte >= 0x80 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || Character(Unicode.Scalar(byte)).isASCIILetterOrDigit
            }
    }

    // MARK: Forms

    /// The form that is stored and shown: as entered, in normal form C.
    static func stored(_ address: String) -> String {
        address.utf8.count > maxNormalizedBytes ? address : address.precomposedStringWithCanonicalMapping
    }

    /// The same text for every spelling of an address. Made of any text, so that old addresses have one too.
    static func normalForm(of address: String) -> String {
        guard address.utf8.count <= maxNormalizedBytes else { return address }
        let folded = folded(address)
        guard let at = folded.lastIndex(of: "@") else { return folded }
        var domain = folded[folded.index(after: at)...].replacing("\u{3002}", with: ".")
        // The root of the domain name system.
        if domain.hasSuffix(".") { domain.removeLast() }
        let labels = domain.split(separator: ".", omittingEmptySubsequences: false).map { label in
            guard label.hasPrefix(acePrefix), let decoded = Punycode.decode(label.dropFirst(acePrefix.count)) else {
                return String(label)
            }
            return Self.folded(decoded)
        }
        return folded[...at] + labels.joined(separator: ".")
    }

    /// The prefix of Punycode labels.
    private static let acePrefix = "xn--"

    /// Folds case and compatibility forms (NFKC), one character at a time, so that no language's own rules apply.
    private static func folded(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 >= 0x80 }) else { return text.lowercased() }
        let folded = text.precomposedStringWithCompatibilityMapping.unicodeScalars.map { scalar in
            // The upper case of the dotless ı is that of i.
            scalar == "ı" ? "ı" : scalar.properties.uppercaseMapping.lowercased()
        }
        return folded.joined().precomposedStringWithCompatibilityMapping
    }
}

extension Character {
    var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

extension StringProtocol {
    fileprivate func suffix(while predicate: (Character) -> Bool) -> SubSequence {
        self[(lastIndex { !predicate($0) }.map(index(after:)) ?? startIndex)...]
    }
}
