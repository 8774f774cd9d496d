/// Prints commands' results; nothing else writes to the standard output.
enum CommandOutput {
    /// Prints a line. The text of others in it is shown and does nothing.
    /// - Throws: ``OutputFailure``.
    static func line(_ text: String) throws { try lines([text]) }

    static func lines(_ lines: [String]) throws {
        try raw(lines.map { TerminalText.harmless($0, keepingLines: true) + "\n" }.joined())
    }

    /// Prints text unchanged.
    static func raw(_ text: String) throws { try StandardStream.output.write(text) }

    /// A line on the standard error stream that is no failure, and no part of the result.
    static func note(_ text: String) {
        StandardStream.error.writeIgnoringErrors(TerminalText.harmless(text, keepingLines: true) + "\n")
    }
}
