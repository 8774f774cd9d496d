/// The tokens of one statement, with the queries that policies need.
package struct StatementTokens: Sendable {
    package let all: [SQLScanner.Token]
    /// Positions of the words.
    package let words: [(index: Int, word: String)]

    package init(_ sql: String, quoting: SQLScanner.Quoting) {
        all = SQLScanner.tokens(of: sql, quoting: quoting)
        words = all.enumerated().compactMap { index, token in
            if case .word(let word) = token { (index, word) } else { nil }
        }
    }

    /// The statement's first word after parentheses and semicolons; nil if it begins with something else.
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

    /// Whether this function is called at this position.
    package func isCall(of function: String, at index: Int) -> Bool {
        guard isSymbol("(", at: index + 1) else { return false }
        return switch token(index) {
        case .word(let word): word == function
        case .name(let name): name.uppercased() == function
        default: false
        }
    }

    /// Whether these words occur in sequence.
    package func contains(sequence: [String]) -> Bool {
        words.contains { start in sequence.indices.allSatisfy { word(start.index + $0) == sequence[$0] } }
    }

    /// The names before an opening parenthesis, as in function calls; upper case.
    package var calledNames: [String] {
        all.indices.compactMap { index in
            isSymbol("(", at: index + 1) ? upperName(index) : nil
        }
    }

    /// The names after a full stop, except after a system schema's name; upper case. In PostgreSQL, `(x).f` is the
    /// call `f(x)`.
    package var attributeNames: [String] {
        all.indices.compactMap { index in
            guard isSymbol(".", at: index - 1), let name = upperName(index) else { return nil }
            return isSystemSchema(index - 2) ? nil : name
        }
    }

    /// Whether the name of a system schema is one here. A table, column or alias may have that name too, and then stands
    /// somewhere without a point behind it, or with one before it.
    private func isSystemSchema(_ index: Int) -> Bool {
        guard let schema = upperName(index), schema == "PG_CATALOG" || schema == "INFORMATION_SCHEMA" else {
            return false
        }
        return all.indices.allSatisfy {
            upperName($0) != schema || isSymbol(".", at: $0 + 1) && !isSymbol(".", at: $0 - 1)
        }
    }

    /// Whether this name, in upper case, stands anywhere, in quotes or without.
    package func hasName(_ name: String) -> Bool { all.indices.contains { upperName($0) == name } }

    /// Whether a query has begun before this place, within the same parentheses. Then INSERT and the like may be the name of
    /// a column: `SELECT 1 AS insert INTO a`, `SELECT a.insert INTO @b`.
    package func isWithinQuery(_ index: Int) -> Bool {
        var depth = 0
        for token in all[..<index].reversed() {
            switch token {
            case .symbol(UInt8(ascii: ")")): depth += 1
            case .symbol(UInt8(ascii: "(")) where depth == 0: return false
            case .symbol(UInt8(ascii: "(")): depth -= 1
            case .word(let word) where depth == 0 && ["SELECT", "TABLE", "VALUES"].contains(word): return true
            default: continue
            }
        }
        return false
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
