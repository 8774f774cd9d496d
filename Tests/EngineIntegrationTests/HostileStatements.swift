import Tenancy
import TenancyTesting

/// Statements that must leave nothing behind, and what becomes of them when they are written in other ways.
enum HostileStatements {
    /// Rows, schema and logins; then sessions, locks and variables; then ways to hide all of that.
    static let postgresql = [
        "DELETE FROM Things", "WITH a AS (DELETE FROM Things RETURNING *) SELECT * FROM a",
        "EXPLAIN ANALYZE DELETE FROM Things", "UPDATE Things SET Amount = 9", "INSERT INTO Things (Name) VALUES ('x')",
        "SELECT * FROM Things FOR UPDATE", "SELECT nextval(pg_get_serial_sequence('things', 'thing_id'))",
        "SELECT setval(pg_get_serial_sequence('things', 'thing_id'), 99)", "SELECT 1 INTO TEMP stolen",
        "SELECT * INTO stolen FROM Things", "CREATE TEMP TABLE stolen (a INT)",
        "EXPLAIN ANALYZE CREATE TABLE b AS SELECT 1",
        "ALTER ROLE CURRENT_USER PASSWORD 'mine3'", "DROP OWNED BY CURRENT_USER", "TRUNCATE Things",
        "DROP TABLE Things",
        "ALTER ROLE CURRENT_USER SET idle_session_timeout = '1ms'", "ALTER ROLE CURRENT_USER SET search_path = 'x'",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "SELECT set_config('search_path', 'x', false)",
        "SELECT (12::bigint).pg_advisory_lock", "SELECT (0.5::float8).setseed",
        "SELECT (13::bigint).\"pg_advisory_lock\"",
        "SELECT a.pg_advisory_lock FROM generate_series(14, 14) a",
        "SELECT ('SELECT set_config(''lock_timeout'', ''4'', false)::tsvector'::text).ts_stat",
        "SELECT set_config('transaction_read_only', 'off', true)",
        "SELECT pg_catalog.set_config('work_mem', '64kB', false)",
        "SELECT \"set_config\"('lock_timeout', '7', false)", "SELECT U&\"set\\005fconfig\"('lock_timeout', '8', false)",
        "SELECT U&\"set!005fconfig\" UESCAPE '!' ('lock_timeout', '9', false)", "SET lock_timeout = 7", "RESET ALL",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET SESSION AUTHORIZATION DEFAULT", "DISCARD ALL",
        "SELECT pg_advisory_lock(7)", "SELECT pg_try_advisory_lock_shared(8)", "SELECT pg_notify('a', 'b')",
        "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'a')", "SELECT setseed(0.5)", "LISTEN a", "BEGIN", "COMMIT",
        "SELECT query_to_xml('SELECT set_config(''lock_timeout'', ''5'', false)', true, true, '')",
        "SELECT query_to_xml('SELECT pg_advisory_lock(9)', true, true, '')",
        "SELECT * FROM ts_stat('SELECT to_tsvector(set_config(''lock_timeout'', ''5'', false))')",
        "SELECT ts_rewrite('a'::tsquery, 'SELECT ''a''::tsquery, pg_advisory_lock(10)::text::tsquery')",
        "SELECT pg_logical_emit_message(false, 'a', 'b')", "SELECT pg_export_snapshot()", "LOCK TABLE Things",
        "DO $$ BEGIN DELETE FROM Things; END $$", "PREPARE a AS DELETE FROM Things", "EXECUTE a", "DEALLOCATE ALL",
        "DECLARE a CURSOR WITH HOLD FOR SELECT 1", "COPY Things TO PROGRAM 'true'", "COPY Things FROM STDIN",
        "SELECT E'\\' ' , set_config('lock_timeout', '6', false) --'", "SELECT $a$ $a$, pg_advisory_lock(11) -- $a$",
        "SELECT E'a'\n'\\' , 1 ; DELETE FROM Things -- '", "SELECT '\\', pg_advisory_lock(12) --'",
        "SELECT /* /* */ ' */ pg_advisory_lock(13) -- '", "COMMENT ON TABLE Things IS 'mine'",
        "GRANT ALL ON Things TO PUBLIC", "UPDATE pg_settings SET setting = '7' WHERE name = 'lock_timeout'",
        "EXPLAIN ANALYZE UPDATE pg_catalog.pg_settings SET setting = '7' WHERE name = 'lock_timeout'",
        "SELECT 1 AS insert INTO TEMP stolen", "SELECT Name merge INTO stolen FROM Things",
        "SELECT pg_catalog.pg_advisory_lock FROM generate_series(15, 15) AS pg_catalog",
        "SELECT information_schema.setseed FROM unnest(ARRAY[0.5::float8]) information_schema",
        "SELECT $? ' $$ || $1::text, pg_advisory_lock(16) --'", "SELECT $?$ ' $$ || $1::text, pg_advisory_lock(17) --'",
        "SELECT $? ' $$ || $1::text, set_config('lock_timeout', '7ms', false) --'",
        "SELECT $? ' $$ || $1::text, lo_create(0) --'", "SELECT 1 $a?$ ' $a$1$ || $1::text, pg_advisory_lock(18) --'",
        "SELECT E?' || \\' , pg_advisory_lock(19) --'",
    ]

    static let mysql = [
        "DELETE FROM Things", "DELETE FROM Things RETURNING *", "UPDATE Things SET Amount = 9", "TRUNCATE Things",
        "REPLACE INTO Things (Name) VALUES ('x')", "INSERT INTO Things (Name) VALUES ('x')", "DROP TABLE Things",
        "ANALYZE UPDATE Things SET Amount = 9", "EXPLAIN ANALYZE DELETE FROM Things", "SELECT * FROM Things FOR UPDATE",
        "/*!99999 ' */ DELETE FROM Things -- ' SELECT", "/*!50701 ' */ DELETE FROM Things -- ' SELECT",
        "/*M!999999 ' */ DELETE FROM Things -- ' SELECT", "/*M ' */ DELETE FROM Things -- ' SELECT",
        "/*!99999 ' */ SET SESSION TRANSACTION READ WRITE -- ' SELECT", "/*!SET sql_mode = ''*/",
        "/*!99999 ' */ SET PASSWORD = PASSWORD('evil') -- ' SELECT", "SET PASSWORD = PASSWORD('evil')",
        "/*!99999 ' */ SET sql_mode = '' -- ' SELECT", "/*!99999 ' */ SET autocommit = 0 -- ' SELECT",
        "/*!99999 ' */ START TRANSACTION -- ' SELECT", "SELECT `GET_LOCK`('unify:z', 0)",
        "SELECT GET_LOCK('unify:z', 0)",
        "SELECT `get_lock` ('unify:z', 0)", "SELECT GET_LOCK/**/('unify:z', 0)", "SELECT GÉT_LOCK('unify:z', 0)",
        "SELECT `GÉT_LOCK`('unify:z', 0)", "SELECT GET_L\u{F6}CK('unify:z', 0)", "SELECT LAST_INSERT_ID(77)",
        "SELECT @a := 7", "SELECT 1 INTO @a", "SELECT @`a` := 7", "SELECT 7 INTO @a FROM Things LIMIT 1",
        "SET @a = 7", "SET SESSION lock_wait_timeout = 7", "SET STATEMENT lock_wait_timeout = 7 FOR SELECT 1",
        "SET SESSION TRANSACTION READ WRITE", "SET NAMES latin1", "USE mysql", "CREATE TEMPORARY TABLE stolen (a INT)",
        "PREPARE a FROM 'DELETE FROM Things'", "EXECUTE a", "EXECUTE IMMEDIATE 'DELETE FROM Things'",
        "DO GET_LOCK('unify:z', 0)",
        "BEGIN", "COMMIT", "START TRANSACTION", "XA START 'a'", "LOCK TABLES Things READ", "UNLOCK TABLES",
        "FLUSH TABLES",
        "HANDLER Things OPEN", "BEGIN NOT ATOMIC DELETE FROM Things; END", "CALL a()",
        "LOAD DATA LOCAL INFILE 'a' INTO TABLE Things",
        "SELECT 'a' INTO OUTFILE '/tmp/unify-stolen'", "SELECT LOAD_FILE('/etc/passwd')",
        "ALTER USER CURRENT_USER() IDENTIFIED BY 'evil'",
        "SELECT '\\', GET_LOCK('unify:z', 0) -- '", "SELECT \"\\\", GET_LOCK('unify:z', 0) -- \"",
        "SELECT 1 --GET_LOCK('unify:z', 0)",
        "SELECT 1 -- \r , GET_LOCK('unify:z', 0)", "SELECT _gbk'\u{BF}\\', GET_LOCK('unify:z', 0) -- '",
        "SELECT 1 # ' \n, GET_LOCK('unify:z', 0) -- '",
        "SELECT * FROM Things PROCEDURE ANALYSE()", "TABLE Things INTO @a", "VALUES (7) INTO @a",
        "KILL CONNECTION_ID()",
        "SELECT 1; DELETE FROM Things", "SELECT RELEASE_ALL_LOCKS()",
        "WITH a AS (SELECT 1 AS b) SELECT b INTO @a FROM a",
        "SELECT t.insert INTO @a FROM (SELECT 7 AS `insert`) t",
        "SELECT t.`a`, t.replace INTO @b, @a FROM (SELECT 7 AS a, 7 AS `replace`) t",
    ]

    static let sqlite = [
        "DELETE FROM Things", "UPDATE Things SET Amount = 9", "INSERT INTO Things (Name) VALUES ('x')",
        "DROP TABLE Things",
        "WITH a AS (SELECT 1) DELETE FROM Things", "DELETE FROM Things RETURNING *", "CREATE TEMP TABLE stolen (a)",
        "CREATE TEMP VIEW stolen AS SELECT 1", "CREATE TABLE stolen (a)", "CREATE VIEW stolen AS SELECT 1", "REINDEX",
        "ANALYZE",
        "CREATE TEMP TRIGGER a AFTER INSERT ON Things BEGIN DELETE FROM Database_Identity; END", "BEGIN", "COMMIT",
        "SAVEPOINT a",
        "CREATE TRIGGER a AFTER INSERT ON Things BEGIN DELETE FROM Database_Identity; END",
        "CREATE INDEX a ON Things (Amount)",
        "CREATE VIRTUAL TABLE a USING fts5(b)", "ATTACH DATABASE ':memory:' AS a", "VACUUM",
        "VACUUM INTO '/tmp/unify-stolen.db'",
        "PRAGMA user_version = 7", "PRAGMA cache_size = 1", "PRAGMA temp_store = 2", "PRAGMA query_only = 1",
        "PRAGMA writable_schema = 1",
        "PRAGMA foreign_keys = OFF", "PRAGMA recursive_triggers = ON", "PRAGMA case_sensitive_like = ON",
        "PRAGMA application_id = 7",
        "ALTER TABLE Things RENAME TO Stolen", "UPDATE sqlite_master SET sql = 'x'", "SELECT load_extension('a')",
        "EXPLAIN DELETE FROM Things", "SELECT * FROM pragma_user_version", "SELECT 1; DELETE FROM Things",
        "SELECT writefile('/tmp/a', 'b')",
    ]

    /// The statement itself, and some of the ways to write it that servers may read otherwise than the policy.
    static func variants(of sql: String, count: Int, _ random: inout SeededGenerator) -> [String] {
        [sql]
            + (0..<count).map { _ in
                var text = sql
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    text = (mutations.randomElement(using: &random) ?? { text, _ in text })(text, &random)
                }
                return text
            }
    }

    private static let blanks = [
        "\t", "\n", "\r", "\u{B}", "\u{C}", "\u{A0}", "\u{3000}", "/**/", "/* ' */", "/*M*/", " -- '\n", " --\r",
        " #'\n", " ",
    ]
    private static let prefixes = [
        "EXPLAIN ", "EXPLAIN ANALYZE ", "(", ";", "/*! ", "/*!99999 ' */ ", "SELECT 1; ", "WITH a AS (SELECT 1) ",
        "/*M! ", "DESC ",
        "/*", "--\r", "#'\n", "'' ", "EXPLAIN (ANALYZE) ", "SELECT * FROM (", "/*+ a */ ", "/* /* */ ", "SELECT '\\' ",
    ]
    private static let suffixes = [
        ";", " -- x", " -- ' SELECT", "\0", ")", " */", "; SELECT 1", "'", "\"", " FOR UPDATE", "\n#", " /*",
    ]

    private static let mutations: [@Sendable (String, inout SeededGenerator) -> String] = [
        { text, random in
            String(text.map { Bool.random(using: &random) ? Character($0.lowercased()) : Character($0.uppercased()) })
        },
        { text, random in
            let blank = blanks.randomElement(using: &random) ?? " "
            return text.split(separator: " ").joined(separator: blank)
        },
        { text, random in
            let quote = ["\"", "`"].randomElement(using: &random) ?? "\""
            return text.replacing(/([A-Za-z_]+)\(/) { "\(quote)\($0.output.1)\(quote)(" }
        },
        { text, random in (prefixes.randomElement(using: &random) ?? "") + text },
        { text, random in text + (suffixes.randomElement(using: &random) ?? "") },
        { text, random in
            let mark = ["?", "$?", "$?$", "a?", "?$$"].randomElement(using: &random) ?? "?"
            return text.replacing(
                ["'", " ", "("].randomElement(using: &random) ?? " ", with: "\(mark) '", maxReplacements: 1)
        },
        { text, random in text.replacing("(", with: "\(blanks.randomElement(using: &random) ?? " ")(") },
    ]
}
