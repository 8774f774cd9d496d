/// Splits SQL text into tokens as its server's lexer does, without parsing it: words, names, and quoted or commented
/// text.
public struct SQLScanner {
    /// The lexical rules in which engines differ.
    public struct Quoting: OptionSet, Sendable {
        public let rawValue: Int

        public init(rawValue: Int) { self.rawValue = rawValue }

        /// `$tag$ … $tag$`
        public static let dollars = Quoting(rawValue: 1)
        /// `` `name` ``
        public static let backticks = Quoting(rawValue: 2)
        /// `[name]`
        public static let brackets = Quoting(rawValue: 4)
        /// `# …` to the end of the line
        public static let hashComments = Quoting(rawValue: 8)
        /// `E'…'` with backslashes
        public static let escapeStrings = Quoting(rawValue: 16)
        /// `/*! … */`, `/*M! … */` and `/*+ … */` are not comments
        public static let executableComments = Quoting(rawValue: 32)
        /// `/* … /* … */ … */` is one comment
        public static let nestedComments = Quoting(rawValue: 64)
        /// Characters beyond ASCII end a word, because the engine takes some of them, such as U+00A0, for white space
        public static let asciiWords = Quoting(rawValue: 128)
        /// `"…"` is a string, not a name
        public static let doubleQuotedText = Quoting(rawValue: 256)
        /// `--` begins a comment only before white space
        public static let spacedDashes = Quoting(rawValue: 512)
        /// A carriage return also ends a line comment
        public static let returnEndsComment = Quoting(rawValue: 1024)
    }

    public enum Token: Equatable, Sendable {
        /// A word; ASCII letters in upper case.
        case word(String)
        /// A quoted name, without its quotes.
        case name(String)
        case text
        /// A `?`, with its offset in the UTF-8 text.
        case parameter(Int)
        case semicolon
        /// Any other character that is not white space.
        case symbol(UInt8)
        /// The start of a comment that the server executes or reads for hints; its content follows as tokens.
        case executableComment
        /// Text that servers of one kind may read in two ways.
        case ambiguous
        /// An unterminated quote or comment.
        case unterminated
    }

    private let bytes: [UInt8]
    private let quoting: Quoting
    /// The offset behind the last token.
    private(set) var position = 0

    public init(_ sql: String, quoting: Quoting) {
        bytes = Array(sql.utf8)
        self.quoting = quoting
    }

    /// All tokens of a statement.
    public static func tokens(of sql: String, quoting: Quoting) -> [Token] {
        var scanner = SQLScanner(sql, quoting: quoting)
        var tokens: [Token] = []
        while let token = scanner.next() { tokens.append(token) }
        return tokens
    }

    /// Replaces the parameter marks, and counts them. A blank at either side keeps a replacement from becoming one
    /// token with its neighbours: `$?` would begin a dollar-quoted text as `$$1`.
    /// - Parameter mark: returns the replacement for the parameter of this number, counted from 0.
    public static func replacingMarks(
        in sql: String, quoting: Quoting, by mark: (Int) -> String
    ) -> (sql: String, count: Int) {
        var scanner = SQLScanner(sql, quoting: quoting)
        var output: [UInt8] = []
        var (copied, count) = (0, 0)
        while let token = scanner.next() {
            guard case .parameter(let offset) = token else { continue }
            output += scanner.bytes[copied..<offset]
            output += Array(" \(mark(count)) ".utf8)
            copied = offset + 1
            count += 1
        }
        guard count > 0 else { return (sql, 0) }
        output += scanner.bytes[copied...]
        return (String(decoding: output, as: UTF8.self), count)
    }

    public mutating func next() -> Token? {
        while position < bytes.count {
            // Skipped text gives no token.
            if let token = step() { return token }
        }
        return nil
    }

    private mutating func step() -> Token? {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "'"): return readText(backslashes: false)
        case UInt8(ascii: "\"") where quoting.contains(.doubleQuotedText):
            return readQuoted(by: byte) == nil ? .unterminated : .text
        case UInt8(ascii: "\""): return readName(endingIn: byte)
        case UInt8(ascii: "`") where quoting.contains(.backticks): return readName(endingIn: byte)
        case UInt8(ascii: "[") where quoting.contains(.brackets): return readName(endingIn: UInt8(ascii: "]"))
        case UInt8(ascii: "-") where beginsDashComment: return skipLine()
        case UInt8(ascii: "#") where quoting.contains(.hashComments): return skipLine()
        case UInt8(ascii: "/") where follows("*"): return skipComment()
        case UInt8(ascii: "$") where quoting.contains(.dollars): return readDollars()
        case UInt8(ascii: "?"): return take(.parameter(position))
        case UInt8(ascii: ";"): return take(.semicolon)
        case UInt8(ascii: " "), 9...13: return skip()
        case _ where isWordStart(byte): return readWord()
        case 0x80...: return skip()
        default: return take(.symbol(byte))
        }
    }

    private mutating func take(_ token: Token) -> Token {
        position += 1
        return token
    }

    private mutating func skip() -> Token? {
        position += 1
        return nil
    }

    private func byte(at offset: Int) -> UInt8? { position + offset < bytes.count ? bytes[position + offset] : nil }

    private func follows(_ next: Unicode.Scalar) -> Bool { byte(at: 1) == UInt8(ascii: next) }

    // MARK: Quotes

    /// Reads from the opening quote at the position to its end; a doubled end quote is one character.
    private mutating func readQuoted(by end: UInt8) -> String? {
        var content: [UInt8] = []
        position += 1
        while position < bytes.count {
            if bytes[position] == end {
                position += 1
                guard position < bytes.count, bytes[position] == end else {
                    return String(decoding: content, as: UTF8.self)
                }
            }
            content.append(bytes[position])
            position += 1
        }
        return nil
    }

    private mutating func readName(endingIn end: UInt8) -> Token {
        readQuoted(by: end).map { .name($0) } ?? .unterminated
    }

    private mutating func readText(backslashes: Bool) -> Token {
        position += 1
        while position < bytes.count, bytes[position] != UInt8(ascii: "'") {
            position += backslashes && bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return .unterminated }
        position += 1
        // A doubled quote closes and reopens the literal; skipping both is equivalent.
        if backslashes, beginsContinuation() { return readText(backslashes: true) }
        return .text
    }

    /// In PostgreSQL a string continues after white space that contains a line break, line comments included. Moves
    /// to the quote that continues it.
    private mutating func beginsContinuation() -> Bool {
        if byte(at: 0) == UInt8(ascii: "'") { return true }
        var (offset, hasNewline) = (0, false)
        while let byte = byte(at: offset) {
            switch byte {
            case 10, 13: hasNewline = true
            case 9, 11, 12, UInt8(ascii: " "): break
            case UInt8(ascii: "-") where self.byte(at: offset + 1) == byte:
                while let next = self.byte(at: offset + 1), next != 10, next != 13 { offset += 1 }
            case UInt8(ascii: "'") where hasNewline:
                position += offset
                return true
            default: return false
            }
            offset += 1
        }
        return false
    }

    private mutating func readDollars() -> Token? {
        var end = position + 1
        while end < bytes.count, isWordPart(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$"),
            end == position + 1 || isWordStart(bytes[position + 1])
        else { return take(.symbol(UInt8(ascii: "$"))) }
        let tag = bytes[position...end]
        position = end + 1
        while position < bytes.count, !bytes[position...].starts(with: tag) { position += 1 }
        guard position < bytes.count else { return .unterminated }
        position += tag.count
        return .text
    }

    // MARK: Comments

    private var beginsDashComment: Bool {
        guard follows("-") else { return false }
        guard quoting.contains(.spacedDashes), let third = byte(at: 2) else { return true }
        return third <= UInt8(ascii: " ") || third == 0x7F
    }

    private mutating func skipLine() -> Token? {
        var isAmbiguous = false
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            if bytes[position] == UInt8(ascii: "\r") {
                if quoting.contains(.returnEndsComment) { return nil }
                isAmbiguous = isAmbiguous || (quoting.contains(.asciiWords) && !follows("\n"))
            }
            position += 1
        }
        return isAmbiguous ? .ambiguous : nil
    }

    private mutating func skipComment() -> Token? {
        if quoting.contains(.executableComments), beginsExecutableComment {
            // The content is executed. Its end, `*/`, forms no word.
            position += 3
            return .executableComment
        }
        var depth = 1
        position += 2
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "/"), follows("*"), quoting.contains(.nestedComments) {
                depth += 1
                position += 2
            } else if bytes[position] == UInt8(ascii: "*"), follows("/") {
                depth -= 1
                position += 2
                if depth == 0 { return nil }
            } else {
                position += 1
            }
        }
        return .unterminated
    }

    private var beginsExecutableComment: Bool {
        switch byte(at: 2) {
        case UInt8(ascii: "!"), UInt8(ascii: "+"): true
        case UInt8(ascii: "M"): byte(at: 3) == UInt8(ascii: "!")
        default: false
        }
    }

    // MARK: Words

    private mutating func readWord() -> Token {
        let start = position
        while position < bytes.count, isWordPart(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position].map(Self.uppercased), as: UTF8.self)
        if word == "E", quoting.contains(.escapeStrings), byte(at: 0) == UInt8(ascii: "'") {
            return readText(backslashes: true)
        }
        return .word(word)
    }

    /// ASCII only, as servers fold reserved words.
    private static func uppercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte - 0x20 : byte
    }

    private func isWordStart(_ byte: UInt8) -> Bool {
        byte >= 0x80 && !quoting.contains(.asciiWords) || byte == UInt8(ascii: "_")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private func isWordPart(_ byte: UInt8) -> Bool {
        isWordStart(byte) || byte == UInt8(ascii: "$") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || quoting.contains(.asciiWords) && [UInt8(ascii: "#"), UInt8(ascii: "@")].contains(byte)
    }
}
