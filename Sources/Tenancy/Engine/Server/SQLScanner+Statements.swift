extension SQLScanner {
    /// Splits a text at the semicolons between its statements, which are left out. The body of a trigger or routine stays
    /// in one piece.
    /// - Returns: nil if a quote or comment never ends.
    static func statements(of sql: String, quoting: Quoting) -> [String]? {
        let bytes = Array(sql.utf8)
        var scanner = SQLScanner(sql, quoting: quoting)
        var statements: [String] = []
        var body = RoutineBody()
        var (start, isEmpty) = (0, true)
        func text(upTo end: Int) -> String { String(decoding: bytes[start..<end], as: UTF8.self) }
        while let token = scanner.next() {
            switch token {
            case .unterminated: return nil
            case .semicolon where !body.isOpen:
                if !isEmpty { statements.append(text(upTo: scanner.position - 1).trimmingWhitespace) }
                body = RoutineBody()
                (start, isEmpty) = (scanner.position, true)
            default:
                isEmpty = false
                body.take(token)
            }
        }
        if !isEmpty { statements.append(text(upTo: bytes.count).trimmingWhitespace) }
        return statements
    }
}

/// How deep the text is in the blocks of a trigger's or routine's body. Other statements have none.
private struct RoutineBody {
    private static let routines: Set<String> = ["TRIGGER", "PROCEDURE", "PROC", "FUNCTION", "EVENT"]
    /// After END they belong to a statement that has no BEGIN.
    private static let others: Set<String> = ["IF", "LOOP", "WHILE", "REPEAT", "FOR"]

    private var words = 0
    private var isCreating = false
    private var isRoutine = false
    private var depth = 0
    private var hasJustEnded = false

    var isOpen: Bool { depth > (hasJustEnded ? 1 : 0) }

    mutating func take(_ token: SQLScanner.Token) {
        guard case .word(let word) = token else { return endBlock() }
        words += 1
        if words == 1 { isCreating = word == "CREATE" || word == "ALTER" }
        if isCreating, depth == 0, Self.routines.contains(word) { isRoutine = true }
        guard isRoutine else { return }
        if hasJustEnded, Self.others.contains(word) {
            hasJustEnded = false
            return
        }
        let closesCase = hasJustEnded && word == "CASE"
        endBlock()
        switch word {
        case "BEGIN": depth += 1
        case "CASE" where depth > 0 && !closesCase: depth += 1
        case "END" where depth > 0: hasJustEnded = true
        default: break
        }
    }

    private mutating func endBlock() {
        if hasJustEnded { depth -= 1 }
        hasJustEnded = false
    }
}

extension String {
    fileprivate var trimmingWhitespace: String {
        let isSpace: (Character) -> Bool = { $0.isWhitespace }
        guard let last = lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(self[...last].drop(while: isSpace))
    }
}
