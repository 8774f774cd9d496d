internal import Tenancy

/// Refuses statements that are the engine's own business. T-SQL needs nothing between two statements, and has no session
/// that is read-only: what a text does is told by its reserved words, wherever they stand outside quotes and comments.
///
/// What a login may touch is the server's to say.
enum SQLServerGuardian {
    private static let reading: Set<String> = ["SELECT", "WITH"]
    private static let writing: Set<String> = ["DELETE", "INSERT", "MERGE", "UPDATE"]
    /// `SELECT … INTO` makes a table, as far as INTO does not belong to INSERT or MERGE.
    private static let changingSchema: Set<String> = [
        "ALTER", "CREATE", "DENY", "DROP", "GRANT", "REVOKE", "TRUNCATE",
    ]
    /// Reserved words of statements that control transactions, the session or the server, and of functions that reach
    /// beyond this database.
    private static let controlling: Set<String> = [
        "BACKUP", "BEGIN", "BULK", "CHECKPOINT", "COMMIT", "DBCC", "DEALLOCATE", "DECLARE", "EXEC", "EXECUTE", "GOTO",
        "IF", "KILL", "OPENDATASOURCE", "OPENQUERY", "OPENROWSET", "PRINT", "RAISERROR", "RECONFIGURE", "RESTORE",
        "RETURN", "REVERT", "ROLLBACK", "SAVE", "SETUSER", "SHUTDOWN", "USE", "WAITFOR", "WHILE",
    ]
    /// Words that begin a statement and are not reserved, so that they count at the beginning alone.
    private static let controllingFirst: Set<String> = ["DISABLE", "ENABLE", "RECEIVE", "SEND", "SET", "THROW"]

    /// What a statement does, as far as its words tell.
    enum Kind: Equatable {
        case empty
        case reads
        case writes
        case changesSchema(String)
        /// Controls a transaction, the session or the server.
        case controls(String)
        /// More than one statement.
        case several
        /// Begins with no word that a statement here begins with.
        case unknown
    }

    static func kind(of sql: String) -> Kind {
        var scanner = SQLScanner(sql, quoting: SQLServerDialect.quoting)
        var words: [String] = []
        var (hasEnded, isSeveral) = (false, false)
        while let token = scanner.next() {
            switch token {
            case .word(let word):
                isSeveral = isSeveral || hasEnded
                words.append(word)
            case .semicolon: hasEnded = !words.isEmpty
            case .parameter: break
            }
        }
        guard let first = words.first else { return .empty }
        if let word = words.first(where: controlling.contains) { return .controls(word) }
        if controllingFirst.contains(first) { return .controls(first) }
        if isSeveral { return .several }
        if let word = words.first(where: changingSchema.contains) { return .changesSchema(word) }
        guard reading.contains(first) || writing.contains(first) else { return .unknown }
        return kind(ofQuery: words, first)
    }

    private static func kind(ofQuery words: [String], _ first: String) -> Kind {
        // Ends with a semicolon by T-SQL's own rule, and has UPDATE, INSERT and SET as its parts.
        if first == "MERGE" { return .writes }
        let writes = words.count(where: writing.contains)
        let setsAllowed = words.contains("UPDATE") ? 1 : 0
        guard words.count(where: { $0 == "SET" }) <= setsAllowed, writes <= (first == "SELECT" ? 0 : 1) else {
            return .several
        }
        if words.contains("INTO"), !words.contains("INSERT"), !words.contains("OUTPUT") {
            return .changesSchema("INTO")
        }
        return writes > 0 ? .writes : .reads
    }

    /// - Throws: ``TenancyError`` `notAuthorized`, `readOnlyLease` or `invalidStatement`.
    static func check(_ kind: Kind, role: ConnectionRole, access: Access) throws {
        switch kind {
        case .empty: throw error(.invalidStatement, "The statement is empty.")
        case .several where role != .maintenance:
            throw error(.invalidStatement, "There is more than one statement in the text.")
        case .unknown where role == .user:
            throw error(.invalidStatement, "No statement that is allowed here begins so.")
        case .controls(let word) where role == .user:
            throw error(.notAuthorized, "\(word) is not allowed here: transactions are started by transaction { … }.")
        case .reads: break
        case _ where access == .read: throw error(.readOnlyLease, "This lease is for reading.")
        case .changesSchema(let word) where role == .user:
            throw error(.notAuthorized, "\(word) is not allowed here: tables are made by migrations.")
        default: break
        }
    }

    private static func error(_ code: TenancyError.Code, _ message: String) -> TenancyError {
        TenancyError(code, message, engine: .sqlserver)
    }
}
