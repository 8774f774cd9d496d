internal import Tenancy

extension StatementPolicy {
    /// What a user may send to PostgreSQL (postgresql.org/docs/current/sql-commands.html, functions-admin.html).
    static let postgresql = StatementPolicy(
        Table(
            engine: .postgresql, quoting: PostgreSQLDialect.quoting,
            reading: ["EXPLAIN", "SELECT", "TABLE", "VALUES", "WITH"],
            writing: ["DELETE", "INSERT", "MERGE", "UPDATE"],
            changingSchema: [
                "ALTER", "ANALYZE", "CLUSTER", "COMMENT", "CREATE", "DROP", "GRANT", "IMPORT", "REASSIGN", "REFRESH",
                "REINDEX", "REVOKE", "SECURITY", "TRUNCATE", "VACUUM",
            ],
            controlling: [
                "ABORT", "BEGIN", "CALL", "CHECKPOINT", "CLOSE", "COMMIT", "COPY", "DEALLOCATE", "DECLARE", "DISCARD",
                "DO", "END", "EXECUTE", "FETCH", "LISTEN", "LOAD", "LOCK", "MOVE", "NOTIFY", "PREPARE", "RELEASE",
                "RESET", "ROLLBACK", "SAVEPOINT", "SET", "SHOW", "START", "UNLISTEN",
            ],
            beforeInto: ["INSERT", "MERGE"],
            // Functions that execute text, assign transaction numbers, set the session's seed, or handle large
            // objects.
            refusedFunctions: [
                "CONNECTBY", "CURSOR_TO_XML", "CURSOR_TO_XMLSCHEMA", "LOREAD", "LOWRITE", "QUERY_TO_XML",
                "QUERY_TO_XMLSCHEMA",
                "QUERY_TO_XML_AND_XMLSCHEMA", "SETSEED", "SET_CONFIG", "TS_REWRITE", "TS_STAT", "TXID_CURRENT",
                "XPATH_TABLE",
            ],
            refusedPrefixes: [
                "PG_", "LO_", "DBLINK", "DATABASE_TO_XML", "SCHEMA_TO_XML", "TABLE_TO_XML", "CROSSTAB",
                "POSTGRES_FDW_",
            ],
            allowedFunctions: [
                "PG_BACKEND_PID", "PG_COLUMN_SIZE", "PG_DATABASE_SIZE", "PG_GET_CONSTRAINTDEF", "PG_GET_EXPR",
                "PG_GET_INDEXDEF", "PG_GET_SERIAL_SEQUENCE", "PG_INDEXES_SIZE", "PG_RELATION_SIZE", "PG_SIZE_BYTES",
                "PG_SIZE_PRETTY", "PG_SLEEP", "PG_TABLE_SIZE", "PG_TOTAL_RELATION_SIZE", "PG_TYPEOF",
            ],
            writingFunctions: ["NEXTVAL", "SETVAL"],
            callsByAttribute: true,
            ownRules: { tokens in
                // Unicode escapes would hide names.
                let hides = tokens.words.contains { index, word in
                    guard word == "U", tokens.isSymbol("&", at: index + 1), case .name = tokens.token(index + 2) else {
                        return false
                    }
                    return true
                }
                if hides { return .reachesOut("A name written with escapes (U&\"…\")") }
                // A rule of this view makes an UPDATE of it a call of set_config.
                if tokens.contains(["UPDATE"]) != nil, tokens.hasName("PG_SETTINGS") {
                    return .reachesOut("UPDATE of pg_settings")
                }
                return explained(tokens)
            }))

    private static let explainOptions: Set<String> = [
        "ANALYSE", "ANALYZE", "BUFFERS", "COSTS", "FALSE", "FORMAT", "GENERIC_PLAN", "JSON", "MEMORY", "NONE", "OFF",
        "ON", "SETTINGS", "SUMMARY", "TEXT", "TIMING", "TRUE", "VERBOSE", "WAL", "XML", "YAML",
    ]
    private static let explainable: Set<String> = [
        "DELETE", "INSERT", "MERGE", "SELECT", "TABLE", "UPDATE", "VALUES", "WITH",
    ]

    /// `EXPLAIN ANALYZE` executes its statement, which must therefore be allowed by itself.
    private static func explained(_ tokens: StatementTokens) -> StatementKind? {
        guard tokens.firstWord == "EXPLAIN" else { return nil }
        let statement = tokens.words.dropFirst().first { !explainOptions.contains($0.word) }?.word
        return statement.map { explainable.contains($0) ? nil : .controls("EXPLAIN \($0)") } ?? .unknown
    }
}
