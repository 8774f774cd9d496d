internal import Tenancy

/// Refuses statements that are the engine's own business: those that control transactions or change the session, which
/// the next lease would inherit, and changes of the schema, which end a transaction before the server looks at rights.
///
/// What a login may touch is the server's to say.
enum MySQLGuardian {
    /// How MySQL and MariaDB quote and comment.
    static let quoting: SQLScanner.Quoting = [.backticks, .hashComments, .executableComments]

    private static let reading: Set<String> = [
        "DESC", "DESCRIBE", "EXPLAIN", "SELECT", "SHOW", "TABLE", "VALUES", "WITH",
    ]
    private static let writing: Set<String> = ["DELETE", "INSERT", "REPLACE", "UPDATE"]
    private static let changingSchema: Set<String> = [
        "ALTER", "ANALYZE", "CREATE", "DROP", "GRANT", "OPTIMIZE", "RENAME", "REPAIR", "REVOKE", "TRUNCATE",
    ]
    /// Statements that a user's connection never sends. A word that is in none of these sets is no statement.
    private static let controlling: Set<String> = [
        "BACKUP", "BEGIN", "BINLOG", "CACHE", "CALL", "CASE", "CHANGE", "CHECK", "CHECKSUM", "CLONE", "COMMIT",
        "DEALLOCATE", "DECLARE", "DO", "END", "EXECUTE", "FLUSH", "FOR", "GET", "HANDLER", "HELP", "IF", "IMPORT",
        "INSTALL", "KILL", "LOAD", "LOCK", "LOOP", "PREPARE", "PURGE", "RELEASE", "REPEAT", "RESET", "RESIGNAL",
        "RESTART", "RETURN", "ROLLBACK", "SAVEPOINT", "SET", "SHUTDOWN", "SIGNAL", "START", "STOP", "UNINSTALL",
        "UNLOCK", "USE", "WHILE", "XA",
    ]
    /// Functions whose effect outlives the statement.
    private static let controllingFunctions: Set<String> = ["GET_LOCK", "RELEASE_ALL_LOCKS", "RELEASE_LOCK"]

    /// What a statement does, as far as its words tell.
    enum Kind: Equatable {
        case empty
        case reads
        case writes
        case changesSchema(String)
        /// Controls a transaction, the session or the server.
        case controls(String)
        /// Begins with no word that any statement begins with.
        case unknown
    }

    static func kind(of sql: String) -> Kind {
        let words = SQLScanner.words(of: sql, quoting: quoting)
        guard let first = words.first else { return .empty }
        if changingSchema.contains(first) { return .changesSchema(first) }
        if controlling.contains(first) { return .controls(first) }
        guard reading.contains(first) || writing.contains(first) else { return .unknown }
        if let function = words.first(where: controllingFunctions.contains) { return .controls(function) }
        return writing.contains(first) ? .writes : .reads
    }

    /// - Throws: ``TenancyError`` `notAuthorized`, `readOnlyLease` or `invalidStatement`.
    static func check(_ kind: Kind, role: ConnectionRole, access: Access) throws {
        switch kind {
        case .empty: throw error(.invalidStatement, "The statement is empty.")
        case .changesSchema where access == .read: throw readOnly
        case .changesSchema(let word) where role == .user:
            throw error(.notAuthorized, "\(word) is not allowed here: tables are made by migrations.")
        case .controls(let word) where role == .user:
            throw error(.notAuthorized, "\(word) is not allowed here: transactions are started by transaction { … }.")
        case .unknown where role == .user:
            throw error(.invalidStatement, "No statement that is allowed here begins so.")
        default: break
        }
    }

    static var readOnly: TenancyError { error(.readOnlyLease, "This lease is for reading.") }

    private static func error(_ code: TenancyError.Code, _ message: String) -> TenancyError {
        TenancyError(code, message, engine: .mysql)
    }
}
