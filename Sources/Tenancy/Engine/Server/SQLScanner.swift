/// Reads SQL text without understanding it: the words and parameter marks outside quotes and comments.
public struct SQLScanner {
    /// Where engines differ in what is quoted.
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
        /// `/*! … */` is no comment
        public static let executableComments = Quoting(rawValue: 32)
        /// `/* … /* … */ … */` is one comment
        public static let nestedComments = Quoting(rawValue: 64)
        /// What is beyond ASCII ends a word, since some of it is white space to the engine, such as U+00A0
        public static let asciiWords = Quoting(rawValue: 128)
    }

    public enum Token: Equatable {
        /// A word in upper case.
        case word(String)
        /// A `?`, and where in the text's UTF-8 it stands.
        case parameter(Int)
        case semicolon
    }

    private let bytes: [UInt8]
    private let quoting: Quoting
    private var position = 0

    public init(_ sql: String, quoting: Quoting) {
        bytes = Array(sql.utf8)
        self.quoting = quoting
    }

    /// All words of a statement, in upper case.
    public static func words(of sql: String, quoting: Quoting) -> [String] {
        var scanner = SQLScanner(sql, quoting: quoting)
        var words: [String] = []
        while let token = scanner.next() { if case .word(let word) = token { words.append(word) } }
        return words
    }

    /// The word that a statement begins with, in upper case; nil where it has none.
    public static func firstWord(of sql: String, quoting: Quoting) -> String? {
        var scanner = SQLScanner(sql, quoting: quoting)
        while let token = scanner.next() { if case .word(let word) = token { return word } }
        return nil
    }

    /// The statement with other words for its parameter marks, and how many of them there are.
    /// - Parameter mark: what stands for the parameter of this number, counted from 0.
    public static func replacingMarks(
        in sql: String, quoting: Quoting, by mark: (Int) -> String
    ) -> (sql: String, count: Int) {
        var scanner = SQLScanner(sql, quoting: quoting)
        var output: [UInt8] = []
        var (copied, count) = (0, 0)
        while let token = scanner.next() {
            guard case .parameter(let offset) = token else { continue }
            output += scanner.bytes[copied..<offset]
            output += Array(mark(count).utf8)
            copied = offset + 1
            count += 1
        }
        guard count > 0 else { return (sql, 0) }
        output += scanner.bytes[copied...]
        return (String(decoding: output, as: UTF8.self), count)
    }

    public mutating func next() -> Token? {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "'"): skipQuoted(by: byte, backslashes: false)
            case UInt8(ascii: "\""): skipQuoted(by: byte, backslashes: false)
            case UInt8(ascii: "`") where quoting.contains(.backticks): skipQuoted(by: byte, backslashes: false)
            case UInt8(ascii: "[") where quoting.contains(.brackets): skipBrackets()
            case UInt8(ascii: "-") where follows("-"): skipLine()
            case UInt8(ascii: "#") where quoting.contains(.hashComments): skipLine()
            case UInt8(ascii: "/") where follows("*"): skipComment()
            case UInt8(ascii: "$") where quoting.contains(.dollars): skipDollars()
            case UInt8(ascii: "?"):
                position += 1
                return .parameter(position - 1)
            case UInt8(ascii: ";"):
                position += 1
                return .semicolon
            case _ where isWordStart(byte):
                if let word = readWord() { return .word(word) }
            default: position += 1
            }
        }
        return nil
    }

    private func follows(_ next: Unicode.Scalar) -> Bool {
        position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: next)
    }

    /// A doubled quote ends one part and begins the next, which comes to the same.
    private mutating func skipQuoted(by quote: UInt8, backslashes: Bool) {
        position += 1
        while position < bytes.count, bytes[position] != quote {
            position += backslashes && bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        position += 1
    }

    /// `]]` is one bracket of the name.
    private mutating func skipBrackets() {
        repeat {
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "]") { position += 1 }
            position += 1
        } while position < bytes.count && bytes[position] == UInt8(ascii: "]")
    }

    private mutating func skipLine() {
        // PostgreSQL ends such a comment at either; where another engine does not, a word too many is seen.
        while position < bytes.count, ![UInt8(ascii: "\n"), UInt8(ascii: "\r")].contains(bytes[position]) {
            position += 1
        }
    }

    private mutating func skipComment() {
        if quoting.contains(.executableComments), position + 2 < bytes.count,
            [UInt8(ascii: "!"), UInt8(ascii: "M")].contains(bytes[position + 2])
        {
            // Its text is run; its end is two characters that are no word.
            position += 3
            return
        }
        var depth = 1
        position += 2
        while position < bytes.count, depth > 0 {
            if bytes[position] == UInt8(ascii: "/"), follows("*"), quoting.contains(.nestedComments) {
                depth += 1
                position += 2
            } else if bytes[position] == UInt8(ascii: "*"), follows("/") {
                depth -= 1
                position += 2
            } else {
                position += 1
            }
        }
    }

    private mutating func skipDollars() {
        var end = position + 1
        while end < bytes.count, isWordPart(bytes[end]), bytes[end] != UInt8(ascii: "$") { end += 1 }
        guard end < bytes.count, bytes[end] == UInt8(ascii: "$") else {
            position += 1
            return
        }
        let tag = bytes[position...end]
        position = end + 1
        while position < bytes.count, !bytes[position...].starts(with: tag) { position += 1 }
        position += tag.count
    }

    private mutating func readWord() -> String? {
        let start = position
        while position < bytes.count, isWordPart(bytes[position]) { position += 1 }
        let word = String(decoding: bytes[start..<position], as: UTF8.self).uppercased()
        if word == "E", quoting.contains(.escapeStrings), position < bytes.count, bytes[position] == UInt8(ascii: "'") {
            skipQuoted(by: UInt8(ascii: "'"), backslashes: true)
            return nil
        }
        return word
    }

    private func isWordStart(_ byte: UInt8) -> Bool {
        byte >= 0x80 && !quoting.contains(.asciiWords) || byte == UInt8(ascii: "_")
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private func isWordPart(_ byte: UInt8) -> Bool {
        isWordStart(byte) || byte == UInt8(ascii: "$") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
