/// The tokens of one statement, and the questions that policies ask of them.
package struct StatementTokens: Sendable {
    package let all: [SQLScanner.Token]
    /// Where the words are.
    package let words: [(index: Int, word: String)]

    package init(_ sql: String, quoting: SQLScanner.Quoting) {
        all = SQLScanner.tokens(of: sql, quoting: quoting)
        words = all.enumerated().compactMap { index, token in
            if case .word(let word) = token { (index, word) } else { nil }
        }
    }

    /// The word that the statement begins with, behind parentheses and semicolons; nil if something else is there.
    package var firstWord: String? {
        for token in all {
            switch token {
            case .word(let word): return word
            case .semicolon, .symbol(UInt8(ascii: "(")), .executableComment: continue
            default: return nil
            }
        }
        return nil
    }

    package func contains(_ wanted: Set<String>) -> String? { words.first { wanted.contains($0.word) }?.word }

    package func token(_ index: Int) -> SQLScanner.Token? { all.indices.contains(index) ? all[index] : nil }

    package func word(_ index: Int) -> String? {
        if case .word(let word) = token(index) { word } else { nil }
    }

    package func isSymbol(_ symbol: Unicode.Scalar, at index: Int) -> Bool {
        token(index) == .symbol(UInt8(ascii: symbol))
    }

    /// Whether the function of this name is called here.
    package func isCall(of function: String, at index: Int) -> Bool {
        guard isSymbol("(", at: index + 1) else { return false }
        return switch token(index) {
        case .word(let word): word == function
        case .name(let name): name.uppercased() == function
        default: false
        }
    }

    /// Whether these words follow upon each other somewhere.
    package func contains(sequence: [String]) -> Bool {
        words.contains { start in sequence.indices.allSatisfy { word(start.index + $0) == sequence[$0] } }
    }

    /// What stands before an opening parenthesis as functions do, in upper case.
    package var calledNames: [String] {
        all.indices.compactMap { index in
            isSymbol("(", at: index + 1) ? upperName(index) : nil
        }
    }

    /// What stands behind a point, but for that of a system schema, in upper case: to PostgreSQL `(x).f` is the call `f(x)`.
    package var attributeNames: [String] {
        all.indices.compactMap { index in
            guard isSymbol(".", at: index - 1), let name = upperName(index) else { return nil }
            let schema = upperName(index - 2)
            return schema == "PG_CATALOG" || schema == "INFORMATION_SCHEMA" ? nil : name
        }
    }

    private func upperName(_ index: Int) -> String? {
        switch token(index) {
        case .word(let word): word
        case .name(let name): name.uppercased()
        default: nil
        }
    }

    /// Whether anything follows a semicolon that ended a statement.
    package var isSeveral: Bool {
        guard let start = all.firstIndex(where: { $0 != .semicolon }),
            let end = all[start...].firstIndex(of: .semicolon)
        else { return false }
        return all[end...].contains { $0 != .semicolon }
    }
}
