/// What statements may be sent to a server, and by whom: one set of rules for all servers, and a small table for each.
///
/// The words are the first of two defences: a user's statement begins with a word of a short list, and has nothing in it
/// that outlives it. The second is the server's own, which runs what a lease for reading sends so that it cannot write.
/// What a login may touch is the server's to say.
package struct StatementPolicy: Sendable {
    /// What differs between the servers.
    package struct Table: Sendable {
        package var engine: EngineKind
        package var quoting: SQLScanner.Quoting
        /// First words of statements that read, and of those that write.
        package var reading: Set<String>
        package var writing: Set<String>
        /// First words of statements that change the schema or rights.
        package var changingSchema: Set<String>
        /// First words of statements that are the engine's own business. They are refused anyhow; known, they are told so.
        package var controlling: Set<String>
        /// Words that may precede INTO, which otherwise makes tables, files or variables.
        package var beforeInto: Set<String>
        /// Functions whose effect outlives the statement, or which run a text.
        package var refusedFunctions: Set<String>
        /// Beginnings of names of such functions, and the exceptions.
        package var refusedPrefixes: [String]
        package var allowedFunctions: Set<String>
        /// Functions that a lease for reading may not call.
        package var writingFunctions: Set<String>
        /// Whether a name behind a point may be a function's.
        package var callsByAttribute: Bool
        /// Whether the server has no session for reading alone, so that the words decide for every role.
        package var readsByWordsAlone: Bool
        /// The rules of one dialect alone: what they refuse or know better; nil to go on.
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

    // MARK: What a statement is

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
            guard let before = tokens.word(index - 1), table.beforeInto.contains(before) else {
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

    /// Servers take an accented letter of a function's name for the plain one, so that none is let pass.
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

    // MARK: Whether it may be sent

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

    /// What a statement that writes is told on a lease for reading.
    package var readOnly: TenancyError { error(.readOnlyLease, "This lease is for reading. Ask for one for writing.") }

    private func error(_ code: TenancyError.Code, _ message: String) -> TenancyError {
        TenancyError(code, message, engine: table.engine)
    }
}

extension StatementKind {
    /// Whether it is refused to users and to nobody else.
    fileprivate var isUsersAlone: Bool {
        if case .reachesOut = self { true } else { false }
    }
}
