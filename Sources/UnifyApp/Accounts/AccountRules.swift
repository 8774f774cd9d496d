internal import Tenancy

/// What a username and an address must look like, for registration and for the operator's command.
public enum AccountRules {
    static let maxUsername = 64
    static let maxEmail = 254

    /// - Returns: what is wrong; nil for a good one.
    public static func fault(inUsername name: String) -> String? {
        guard (1...maxUsername).contains(name.utf8.count) else { return "must have 1 to \(maxUsername) characters" }
        let isPlain = name.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isASCIILetterOrDigit || [0x2E, 0x5F, 0x2D].contains(byte)
        }
        guard isPlain, let first = name.first, first.isASCIILetterOrDigit else {
            return "must be letters, digits, '.', '_' and '-', and begin with a letter or a digit"
        }
        return nil
    }

    public static func fault(inEmail address: String) -> String? {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        let isPrintable = address.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, isPrintable else {
            return "must be an address like ada@example.org"
        }
        return address.utf8.count > maxEmail ? "must have at most \(maxEmail) characters" : nil
    }
}

extension Character {
    fileprivate var isASCIILetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
