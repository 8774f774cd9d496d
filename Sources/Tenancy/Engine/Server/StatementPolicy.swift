/// Which statements may be sent to a server, and by which role: one set of rules for all servers, with a small table
/// for each.
///
/// The words are the first of two defences: a user's statement begins with a word of a short list and contains
/// nothing that outlives it. The second is the server's own: it runs the statements of a read lease so that they
/// cannot write. What a login may access is up to the server's privileges.
package struct StatementPolicy: Sendable {
    /// The differences between servers.
    package struct Table: Sendable {
        package var engine: EngineKind
        package var quoting: SQLScanner.Quoting
        /// First words of statements that read, and of those that write.
        package var reading: Set<String>
        package var writing: Set<String>
        /// First words of statements that change the schema or rights.
        package var changingSchema: Set<String>
        /// First words of statements reserved to the engine. They are refused in any case; listing them gives a
        /// better message.
        package var controlling: Set<String>
        /// Words that may precede INTO, which otherwise creates tables, files or variables.
        package var beforeInto: Set<String>
        /// Functions whose effect outlives the statement, or which execute a text.
        package var refusedFunctions: Set<String>
        /// Prefixes of such functions' names, and the exceptions.
        package var refusedPrefixes: [String]
        package var allowedFunctions: Set<String>
        /// Functions that a read lease may not call.
        package var writingFunctions: Set<String>
        /// Whether a name after a full stop can be a function call.
        package var callsByAttribute: Bool
        /// Whether the server has no read-only sessions, so that the words decide for every role.
        package var readsByWordsAlone: Bool
        /// Rules of one dialect only; nil to continue with the common rules.
        package var ownRules: @Sendable (StatementTokens) -> StatementKind?

        package init(
            engine: EngineKind, quoting: SQLScanner.Quoting, reading: Set<String>, writing: Set<String>,
            changingSchema: Set<String>, controlling: Set<String>, beforeInto: Set<String>,
            refusedFunctions: Set<String> = [], refusedPrefixes: [String] = [], allowedFunctions: Set<String> = [],
            writingFunctions: Set<String> = [], callsByAttribute: Bool = false, readsByWordsAlone: Bool = false,
            ownRules: @escaping @Sendable (StatementTokens) -> StatementKind? = { _ in nil }
        ) {
            (self.engine, self.quoting) = (engine, quoting)
            (self.reading, self.writing) = (reading, writing)
            (self.changingSchema, self.controlling) = (changingSchema, controlling)
            self.beforeInto = beforeInto
            (self.refusedFunctions, self.refusedPrefixes) = (refusedFunctions, refusedPrefixes)
            (self.allowedFunctions, self.writingFunctions) = (allowedFunctions, writingFunctions)
            self.callsByAttribute = callsByAttribute
            self.readsByWordsAlone = readsByWordsAlone
            self.ownRules = ownRules
        }
    }

    private let table: Table

    package init(_ table: Table) { self.table = table }

    // MARK: Classification

    package func kind(of sql: String, role: ConnectionRole) -> StatementKind {
        if role == .user, sql.utf8.contains(0) { return .reachesOut("A NUL character") }
        let tokens = StatementTokens(sql, quoting: table.quoting)
        guard tokens.all.contains(where: { $0 != .semicolon }) else { return .empty }
        if role == .user, let refused = refusedToken(in: tokens) { return refused }
        let first = role == .user ? tokens.firstWord : tokens.words.first?.word
        if let first, table.controlling.contains(first) { return .controls(first) }
        if let own = table.ownRules(tokens), role == .user || !own.isUsersAlone { return own }
        if tokens.isSeveral { return .several }
        guard let first else { return .unknown }
        if table.changingSchema.contains(first) { return .changesSchema(first) }
        guard table.reading.contains(first) || table.writing.contains(first) else { return .unknown }
        if role == .user, let refused = refusedWord(in: tokens) { return refused }
        if table.writing.contains(first) { return .writes }
        return locks(tokens) ? .locks : .reads
    }

    private func refusedToken(in tokens: StatementTokens) -> StatementKind? {
        for token in tokens.all {
            switch token {
            case .executableComment: return .reachesOut("A comment that the server runs")
            case .ambiguous: return .reachesOut("A comment with a carriage return in it")
            case .unterminated: return .reachesOut("A quote or comment that never ends")
            default: continue
            }
        }
        return nil
    }

    private func refusedWord(in tokens: StatementTokens) -> StatementKind? {
        for (index, word) in tokens.words where word == "INTO" {
            guard let before = tokens.word(index - 1), table.beforeInto.contains(before), !tokens.isWithinQuery(index)
            else {
                return .reachesOut("INTO that belongs to no INSERT")
            }
        }
        for name in tokens.calledNames where isRefused(name) { return .reachesOut("The function \(name)") }
        for name in attributes(tokens) where isListed(name) { return .reachesOut("The function \(name)") }
        return nil
    }

    private func attributes(_ tokens: StatementTokens) -> [String] {
        table.callsByAttribute ? tokens.attributeNames : []
    }

    /// Servers treat an accented letter in a function's name as the plain letter, so compare without accents.
    private func isRefused(_ function: String) -> Bool {
        !function.utf8.allSatisfy { $0 < 0x80 } || isListed(function)
    }

    private func isListed(_ function: String) -> Bool {
        if table.refusedFunctions.contains(function) { return true }
        return table.refusedPrefixes.contains { function.hasPrefix($0) } && !table.allowedFunctions.contains(function)
    }

    private func locks(_ tokens: StatementTokens) -> Bool {
        let isLocking = tokens.words.contains { index, word in
            switch word {
            case "FOR":
                ["UPDATE", "SHARE", "NO", "KEY"].contains(tokens.word(index + 1)) || tokens.word(index - 1) == "VALUE"
            case "LOCK": tokens.word(index + 1) == "IN"
            default: false
            }
        }
        let names = tokens.calledNames + attributes(tokens)
        return isLocking || names.contains { table.writingFunctions.contains($0) }
    }

    // MARK: Permission

    /// - Throws: ``TenancyError`` `notAuthorized`, `readOnlyLease` or `invalidStatement`.
    package func check(_ kind: StatementKind, role: ConnectionRole, access: Access) throws {
        if let error = refusal(of: kind, role: role, access: access) { throw error }
    }

    private func refusal(of kind: StatementKind, role: ConnectionRole, access: Access) -> TenancyError? {
        switch kind {
        case .reads: nil
        case .empty: error(.invalidStatement, "The statement is empty.")
        case .several where role != .maintenance:
            error(.invalidStatement, "There is more than one statement in the text. Send them one by one.")
        case .controls(let word) where role == .user:
            error(.notAuthorized, "\(word) is not allowed here: transactions are started by transaction { … }.")
        case .reachesOut(let what) where role == .user:
            error(.notAuthorized, "\(what) is not allowed here: a statement may leave nothing behind but rows.")
        case .unknown where role == .user:
            error(.invalidStatement, "A statement here begins with \(firstWords).")
        case .changesSchema(let word) where role == .user:
            error(.notAuthorized, "\(word) is not allowed here: tables are made by migrations.")
        case .changesSchema where access == .read, .locks where access == .read: readOnly
        case _ where access == .read && table.readsByWordsAlone: readOnly
        default: nil
        }
    }

    private var firstWords: String {
        let words = table.reading.union(table.writing).sorted()
        return words.dropLast().joined(separator: ", ") + " or \(words.last ?? "")"
    }

    /// The error for a statement that writes on a read lease.
    package var readOnly: TenancyError { error(.readOnlyLease, "This lease is for reading. Ask for one for writing.") }

    private func error(_ code: TenancyError.Code, _ message: String) -> TenancyError {
        TenancyError(code, message, engine: table.engine)
    }
}

extension StatementKind {
    /// Whether only users are refused it.
    fileprivate var isUsersAlone: Bool {
        if case .reachesOut = self { true } else { false }
    }
}
