internal import Tenancy

extension StatementPolicy {
    /// What a user may send to SQL Server (learn.microsoft.com/sql/t-sql/statements). T-SQL needs no separator
    /// between statements, so reserved words count anywhere outside quotes and comments.
    static let sqlserver = StatementPolicy(
        Table(
            engine: .sqlserver, quoting: SQLServerDialect.quoting,
            reading: ["SELECT", "WITH"], writing: ["DELETE", "INSERT", "MERGE", "UPDATE"],
            changingSchema: ["ALTER", "CREATE", "DENY", "DROP", "GRANT", "REVOKE", "TRUNCATE"],
            // Not reserved, so they count only at the beginning.
            controlling: ["DISABLE", "ENABLE", "RECEIVE", "SEND", "SET", "THROW"],
            beforeInto: ["INSERT", "MERGE"], readsByWordsAlone: true, ownRules: TransactSQL.kind))
}

/// Classifies a text by T-SQL's reserved words.
enum TransactSQL {
    /// Statements that control transactions, the session or the server, and functions that reach beyond this
    /// database.
    private static let controlling: Set<String> = [
        "BACKUP", "BEGIN", "BULK", "CHECKPOINT", "CLOSE", "COMMIT", "CURSOR", "DBCC", "DEALLOCATE", "DECLARE", "DISK",
        "DUMP", "EXEC", "EXECUTE", "GOTO", "IF", "KILL", "LINENO", "LOAD", "OPEN", "OPENDATASOURCE", "OPENQUERY",
        "OPENROWSET", "PRINT", "PROC", "PROCEDURE", "RAISERROR", "READTEXT", "RECONFIGURE", "RESTORE", "RETURN",
        "REVERT", "ROLLBACK", "SAVE", "SETUSER", "SHUTDOWN", "TRIGGER", "UPDATETEXT", "USE", "WAITFOR", "WHILE",
        "WRITETEXT",
    ]
    private static let changingSchema: Set<String> = [
        "ALTER", "CREATE", "DENY", "DROP", "GRANT", "REVOKE", "STATISTICS", "TRUNCATE",
    ]
    private static let writing: Set<String> = ["DELETE", "INSERT", "MERGE", "UPDATE"]
    private static let joining: Set<String> = ["ALL", "EXCEPT", "INTERSECT", "UNION"]

    /// - Returns: nil for a text that is one SELECT, INSERT, UPDATE, DELETE or MERGE, or no statement at all.
    static func kind(of tokens: StatementTokens) -> StatementKind? {
        if let word = tokens.contains(controlling) { return .controls(word) }
        if tokens.isSeveral { return .several }
        if let word = tokens.contains(changingSchema) { return .changesSchema(word) }
        if makesTable(tokens) { return .changesSchema("INTO") }
        if let name = outsideName(in: tokens) { return .reachesOut("The name \(name)") }
        guard let first = tokens.firstWord, writing.contains(first) || ["SELECT", "WITH"].contains(first) else {
            return nil
        }
        return statementKind(tokens, first)
    }

    /// `SELECT … INTO` and `OUTPUT … INTO`: INTO counts unless it follows INSERT or MERGE directly.
    private static func makesTable(_ tokens: StatementTokens) -> Bool {
        tokens.words.contains { index, word in
            word == "INTO" && !["INSERT", "MERGE"].contains(tokens.word(index - 1))
        }
    }

    /// Temporary tables, some of which are global to the server, and the server's own procedures.
    private static func outsideName(in tokens: StatementTokens) -> String? {
        for token in tokens.all {
            switch token {
            case .symbol(UInt8(ascii: "#")): return "of a temporary table"
            case .word(let text) where isOutside(text), .name(let text) where isOutside(text.uppercased()): return text
            default: continue
            }
        }
        return nil
    }

    private static func isOutside(_ name: String) -> Bool {
        ["#", "SP_", "XP_"].contains { name.hasPrefix($0) }
    }

    /// Follows the words that begin statements, to tell parts of one statement from a second statement.
    private static func statementKind(_ tokens: StatementTokens, _ first: String) -> StatementKind {
        var (depth, statement, selects, sets) = (0, String?.none, 0, 0)
        for (index, token) in tokens.all.enumerated() {
            switch token {
            case .symbol(UInt8(ascii: "(")): depth += 1
            case .symbol(UInt8(ascii: ")")): depth -= 1
            case .word(let word) where writing.contains(word):
                if statement == "MERGE", depth == 0, tokens.word(index - 1) == "THEN" { continue }
                guard depth == 0, statement == nil else { return .several }
                statement = word
            case .word("SELECT") where depth == 0 && !joining.contains(tokens.word(index - 1) ?? ""):
                // INSERT takes its rows from a SELECT, unless it has VALUES.
                selects += 1
                if statement == "INSERT", selects == 1, !hasValues(tokens, before: index) { continue }
                guard statement == nil else { return .several }
                statement = "SELECT"
            case .word("SET"):
                sets += statement == "MERGE" && tokens.word(index - 1) == "UPDATE" ? 0 : 1
                guard depth == 0, sets <= (statement == "UPDATE" ? 1 : 0) else { return .several }
            case .word("WITH") where depth == 0 && statement != nil && !tokens.isSymbol("(", at: index + 1):
                return .several
            case .word("FETCH") where !["ROW", "ROWS"].contains(tokens.word(index - 1)): return .controls("FETCH")
            default: continue
            }
        }
        guard let statement else { return .unknown }
        if writing.contains(statement) { return .writes }
        return tokens.contains(sequence: ["NEXT", "VALUE", "FOR"]) ? .locks : .reads
    }

    private static func hasValues(_ tokens: StatementTokens, before index: Int) -> Bool {
        tokens.words.contains { $0.word == "VALUES" && $0.index < index }
    }
}
