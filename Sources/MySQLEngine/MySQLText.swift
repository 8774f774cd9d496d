internal import Tenancy

/// Text on the wire: utf8mb4.
enum MySQLText {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TenancyError(.unexpectedValue, "The server sent text that is not UTF-8.", engine: .mysql)
        }
        return text
    }

    /// Why a name of a database or login is invalid; nil for a valid name. MySQL stores names as `utf8mb3`.
    static func fault(inName name: String) -> String? {
        if let fault = ServerName.fault(in: name) { return fault }
        return name.unicodeScalars.contains { $0.value > 0xFFFF }
            ? "contains a character beyond U+FFFF, which MySQL does not take in names." : nil
    }

    /// A literal for sessions with NO_BACKSLASH_ESCAPES, which all of this engine's are: quotes are doubled, nothing
    /// else is special.
    static func literal(_ text: String) throws -> String {
        guard !text.utf8.contains(0) else {
            throw TenancyError(.invalidConfiguration, "A NUL character is in a name or password.", engine: .mysql)
        }
        return "'\(text.replacing("'", with: "''"))'"
    }
}
