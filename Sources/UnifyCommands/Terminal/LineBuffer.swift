/// The state of one line as it is typed, byte by byte. Independent of terminals.
struct LineBuffer {
    /// Longer lines are refused; the system's own line editing has the same limit.
    static let maxBytes = 4096

    /// What the reader does after a byte.
    enum Step: Equatable {
        /// Nothing to show: the byte is a control character or part of a longer one.
        case nothing
        /// One more character was typed: these bytes.
        case typed([UInt8])
        /// This many columns went away.
        case erased(columns: Int)
        case ended
        /// Ctrl-D at the beginning of a line.
        case endOfInput
    }

    private(set) var bytes: [UInt8] = []
    /// The bytes of an incomplete character.
    private var pending: [UInt8] = []
    private var isTooLong = false
    private var hasControl = false
    private var endedWithReturn = false

    /// - Parameter afterReturn: whether the line before ended with CR: an LF that follows at once belongs to it.
    init(afterReturn: Bool = false) { endedWithReturn = afterReturn }

    /// Whether the line ended with CR.
    var isAfterReturn: Bool { endedWithReturn }

    mutating func take(_ byte: UInt8) -> Step {
        if byte == 0x0A, endedWithReturn, bytes.isEmpty, pending.isEmpty {
            endedWithReturn = false
            return .nothing
        }
        endedWithReturn = byte == 0x0D
        switch byte {
        case 0x0A, 0x0D:
            bytes += pending
            pending = []
            return .ended
        case 0x04: return bytes.isEmpty && pending.isEmpty && !hasControl ? .endOfInput : .nothing
        case 0x08, 0x7F: return .erased(columns: eraseCharacter())
        case 0x15: return .erased(columns: eraseAll())
        case 0x17: return .erased(columns: eraseWord())
        case 0..<0x20:
            hasControl = true
            return .nothing
        default: return append(byte)
        }
    }

    /// - Throws: ``PromptError`` if the line is invalid.
    func text() throws -> String {
        if isTooLong { throw PromptError.tooLong }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw PromptError.notUTF8 }
        if hasControl { throw PromptError.controlCharacter }
        return text
    }

    private mutating func append(_ byte: UInt8) -> Step {
        guard bytes.count + pending.count < Self.maxBytes else {
            isTooLong = true
            return .nothing
        }
        pending.append(byte)
        guard let length = Self.length(startingWith: pending[0]), pending.count < length else {
            defer { pending = [] }
            bytes += pending
            return .typed(pending)
        }
        return .nothing
    }

    /// How many bytes the character has that begins with this one; nil if none does.
    private static func length(startingWith byte: UInt8) -> Int? {
        switch byte {
        case 0..<0x80: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: nil
        }
    }

    private mutating func eraseCharacter() -> Int {
        guard pending.isEmpty else {
            pending = []
            return 0
        }
        guard !bytes.isEmpty else { return eraseAll() }
        isTooLong = false
        let start = bytes.lastIndex { $0 & 0xC0 != 0x80 } ?? 0
        let columns = TerminalText.columns(String(decoding: bytes[start...], as: UTF8.self))
        bytes.removeSubrange(start...)
        if bytes.isEmpty { hasControl = false }
        return columns
    }

    private mutating func eraseWord() -> Int {
        var columns = 0
        while bytes.last == 0x20 { columns += eraseCharacter() }
        while let last = bytes.last, last != 0x20 { columns += eraseCharacter() }
        return columns
    }

    private mutating func eraseAll() -> Int {
        let columns = TerminalText.columns(String(decoding: bytes, as: UTF8.self))
        (bytes, pending, isTooLong, hasControl) = ([], [], false, false)
        return columns
    }
}
