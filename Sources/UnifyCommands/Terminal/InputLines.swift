internal import Foundation

/// Lines of the standard input, from a terminal or a pipe. Reads no byte beyond the line that it returns.
struct InputLines {
    /// What a terminal shows while a line is typed.
    enum Echo { case shown, hidden }

    static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 }

    private var isAfterReturn = false

    /// The next line, without its end.
    /// - Parameters:
    ///   - prompt: written to the terminal before a line is read from it; not written if the input is not a terminal.
    ///   - echo: what a terminal shows of the line.
    /// - Throws: ``PromptError``; the line has been read to its end, so that another one can be requested.
    mutating func next(prompt: String = "", echo: Echo = .hidden) throws -> String {
        var buffer = LineBuffer(afterReturn: isAfterReturn)
        defer { isAfterReturn = buffer.isAfterReturn }
        guard Self.isTerminal else { return try Self.readPlain() }
        let mode = TerminalMode(prompt: prompt)
        mode.enter()
        defer { mode.leave() }
        // The end of the line was not echoed by the terminal itself.
        defer { TerminalMode.show("\n") }
        while true {
            guard let byte = Self.byte() else { throw PromptError.endOfInput }
            switch buffer.take(byte) {
            case .nothing: break
            case .typed(let bytes): if echo == .shown { TerminalMode.show(Self.harmless(bytes)) }
            case .erased(let columns):
                if echo == .shown { TerminalMode.show(String(repeating: "\u{8} \u{8}", count: columns)) }
            case .ended: return try buffer.text()
            case .endOfInput: throw PromptError.endOfInput
            }
        }
    }

    /// From a pipe or a file, where only line ends are special.
    private static func readPlain() throws -> String {
        guard var next = byte() else { throw PromptError.endOfInput }
        var bytes: [UInt8] = []
        while next != 0x0A {
            // One more than fits, so that it is seen; the rest of the line is read and dropped.
            if bytes.count <= LineBuffer.maxBytes { bytes.append(next) }
            guard let more = byte() else { break }
            next = more
        }
        if bytes.last == 0x0D { bytes.removeLast() }
        guard bytes.count <= LineBuffer.maxBytes else { throw PromptError.tooLong }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw PromptError.notUTF8 }
        return text
    }

    private static func harmless(_ bytes: [UInt8]) -> String {
        TerminalText.harmless(String(decoding: bytes, as: UTF8.self))
    }

    /// The next byte; nil at the end of the input, or if it cannot be read.
    private static func byte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            switch read(STDIN_FILENO, &byte, 1) {
            case 1: return byte
            case 0: return nil
            default: guard errno == EINTR else { return nil }
            }
        }
    }
}
