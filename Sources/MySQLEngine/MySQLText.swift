internal import Tenancy

/// Text as it goes over the wire: utf8mb4.
enum MySQLText {
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw TenancyError(.unexpectedValue, "The server sent text that is not UTF-8.", engine: .mysql)
        }
        return text
    }

    /// A literal, exact in sessions with NO_BACKSLASH_ESCAPES, which all of this engine's are: a quote is doubled,
    /// nothing else has a meaning.
    static func literal(_ text: String) throws -> String {
        guard !text.utf8.contains(0) else {
            throw TenancyError(.invalidConfiguration, "A NUL character is in a name or password.", engine: .mysql)
        }
        return "'\(text.replacing("'", with: "''"))'"
    }
}
