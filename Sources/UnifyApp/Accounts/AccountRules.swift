internal import Tenancy

/// The rules for usernames and email addresses, for registration and for the operator's command.
public enum AccountRules {
    static let maxUsername = 64
    static let maxEmail = EmailAddress.maxLength

    /// Names by which the audit log refers to the server and to commands; no user may have them.
    private static let reservedNames: Set<String> = ["system", "cli"]

    /// - Returns: what is wrong with the name; nil if it is acceptable.
    public static func fault(inUsername name: String) -> String? {
        guard (1...maxUsername).contains(name.utf8.count) else { return "must have 1 to \(maxUsername) characters" }
        let isPlain = name.utf8.allSatisfy { byte in
            Character(Unicode.Scalar(byte)).isASCIILetterOrDigit || [0x2E, 0x5F, 0x2D].contains(byte)
        }
        guard isPlain, let first = name.first, first.isASCIILetterOrDigit else {
            return "must be letters, digits, '.', '_' and '-', and begin with a letter or a digit"
        }
        guard !reservedNames.contains(name.lowercased()) else { return "is reserved" }
        return nil
    }

    public static func fault(inEmail address: String) -> String? { EmailAddress.fault(in: address) }
}
