internal import Tenancy

extension StatementPolicy {
    /// What a user may send to MySQL and MariaDB (mariadb.com/kb/en/sql-statements, dev.mysql.com/doc/refman).
    ///
    /// SLEEP and BENCHMARK are allowed: the statement's time limit bounds them.
    static let mysql = StatementPolicy(
        Table(
            engine: .mysql, quoting: MySQLDialect.quoting,
            reading: ["DESC", "DESCRIBE", "EXPLAIN", "SELECT", "SHOW", "TABLE", "VALUES", "WITH"],
            writing: ["DELETE", "INSERT", "REPLACE", "UPDATE"],
            changingSchema: [
                "ALTER", "ANALYZE", "CREATE", "DROP", "GRANT", "OPTIMIZE", "RENAME", "REPAIR", "REVOKE", "TRUNCATE",
            ],
            controlling: [
                "BACKUP", "BEGIN", "BINLOG", "CACHE", "CALL", "CASE", "CHANGE", "CHECK", "CHECKSUM", "CLONE", "COMMIT",
                "DEALLOCATE", "DECLARE", "DO", "END", "EXECUTE", "FLUSH", "FOR", "GET", "HANDLER", "HELP", "IF",
                "IMPORT",
                "INSTALL", "KILL", "LOAD", "LOCK", "LOOP", "PREPARE", "PURGE", "RELEASE", "REPEAT", "RESET", "RESIGNAL",
                "RESTART", "RETURN", "ROLLBACK", "SAVEPOINT", "SET", "SHUTDOWN", "SIGNAL", "START", "STOP", "UNINSTALL",
                "UNLOCK", "USE", "WHILE", "XA",
            ],
            beforeInto: ["DELAYED", "HIGH_PRIORITY", "IGNORE", "INSERT", "LOW_PRIORITY", "REPLACE"],
            refusedFunctions: [
                "BINLOG_GTID_POS", "GET_LOCK", "IS_FREE_LOCK", "IS_USED_LOCK", "LOAD_FILE", "MASTER_GTID_WAIT",
                "MASTER_POS_WAIT", "RELEASE_ALL_LOCKS", "RELEASE_LOCK", "SOURCE_POS_WAIT", "WAIT_FOR_EXECUTED_GTID_SET",
                "WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS",
            ],
            // Functions that operators load into servers to reach the system, by their common names.
            refusedPrefixes: ["SYS_", "LIB_MYSQLUDF", "WSREP_"],
            writingFunctions: ["NEXTVAL", "SETVAL"],
            ownRules: usersRules))

    /// What SHOW may list: objects of the database, but no accounts or processes.
    private static let shown: Set<String> = [
        "COLUMNS", "ERRORS", "FIELDS", "INDEX", "INDEXES", "KEYS", "TABLE", "TABLES", "WARNINGS",
    ]

    private static func usersRules(_ tokens: StatementTokens) -> StatementKind? {
        if tokens.all.indices.contains(where: { tokens.isSymbol(":", at: $0) && tokens.isSymbol("=", at: $0 + 1) }) {
            return .reachesOut("Setting a variable")
        }
        if tokens.contains(["PROCEDURE"]) != nil { return .reachesOut("PROCEDURE") }
        let setsNumber = tokens.all.indices.contains { index in
            tokens.isCall(of: "LAST_INSERT_ID", at: index) && !tokens.isSymbol(")", at: index + 2)
        }
        if setsNumber { return .reachesOut("LAST_INSERT_ID with a number") }
        let words = tokens.words.map(\.word)
        switch tokens.firstWord {
        case "SHOW":
            var rest = words.dropFirst().drop { ["EXTENDED", "FULL"].contains($0) }
            if rest.first == "CREATE" { rest = rest.dropFirst().prefix { ["TABLE", "VIEW"].contains($0) } }
            let what = rest.first ?? ""
            return shown.contains(what) || what == "VIEW" ? nil : .reachesOut("SHOW \(words.dropFirst().first ?? "")")
        case "DESC", "DESCRIBE", "EXPLAIN":
            return words.dropFirst().first == "FOR" ? .reachesOut("EXPLAIN FOR CONNECTION") : nil
        default: return nil
        }
    }
}
