internal import Tenancy

/// Refuses statements that are the engine's own business: those that control transactions or change the session, which
/// the next lease would inherit. What a login may touch is the server's to say.
enum PostgreSQLGuardian {
    private static let refused: Set<String> = [
        "ABORT", "BEGIN", "CALL", "COMMIT", "COPY", "DEALLOCATE", "DISCARD", "DO", "END", "EXECUTE", "LISTEN", "LOAD",
        "PREPARE", "RELEASE", "RESET", "ROLLBACK", "SAVEPOINT", "SET", "START", "UNLISTEN",
    ]

    /// - Throws: ``TenancyError`` `notAuthorized`.
    static func check(_ sql: String) throws {
        guard let first = SQLScanner.firstWord(of: sql, quoting: PostgreSQLDialect.quoting), refused.contains(first)
        else { return }
        throw TenancyError(
            .notAuthorized, "\(first) is not allowed here: transactions are started by transaction { … }.",
            engine: .postgresql)
    }
}
