internal import Tenancy
import TenancyTesting
import Testing

@testable import PostgreSQLEngine

@Suite(.tags(.proof)) struct PostgreSQLStatementPolicyTests {
    /// Text that hides a statement, and what outlives the statement.
    @Test(arguments: [
        "ALTER ROLE a PASSWORD 'b'", "DROP OWNED BY CURRENT_USER", "SELECT set_config('a', 'b', false)",
        "SELECT \"set_config\"('a', 'b', false)", "SELECT pg_catalog . set_config /* x */ ('a', 'b', false)",
        "SELECT U&\"set\\005fconfig\"('a', 'b', false)", "SELECT u&\"a!005f\" UESCAPE '!' FROM b",
        "SELECT pg_advisory_lock(1)", "SELECT pg_notify('a', 'b')", "SELECT lo_create(0)",
        "SELECT pg_terminate_backend(1)",
        "SELECT query_to_xml('DELETE FROM a', true, true, '')", "SELECT * FROM ts_stat('SELECT 1')",
        "SELECT setseed(0)",
        "SELECT txid_current()", "SELECT dblink_exec('a', 'b')", "SELECT 1 INTO TEMP a", "SELECT 1 INTO a",
        "EXPLAIN ANALYZE CREATE TABLE a AS SELECT 1", "EXPLAIN (ANALYZE) EXECUTE a", "COMMIT", "SET a = 1", "SHOW ALL",
        "CREATE TEMP TABLE a (b INT)", "LOCK TABLE a", "DO $$ BEGIN END $$", "SELECT E'\\", "PREPARE TRANSACTION 'a'",
        "UPDATE pg_settings SET setting = 'b' WHERE name = 'a'",
        "UPDATE ONLY pg_catalog.\"pg_settings\" SET setting = ''",
        "WITH a AS (SELECT 1) UPDATE pg_settings SET setting = ''",
        "EXPLAIN ANALYZE UPDATE pg_settings SET setting = ''",
        "SELECT 1 AS insert INTO TEMP a", "SELECT 1 merge INTO a", "(SELECT 1 AS insert INTO a)",
        "WITH a AS (SELECT 1) SELECT 2 AS insert INTO b", "SELECT 1 UNION SELECT (2) AS insert INTO a",
        "SELECT pg_catalog.pg_advisory_lock FROM generate_series(1, 1) AS pg_catalog",
        "SELECT \"pg_catalog\".ts_stat FROM unnest(ARRAY['SELECT 1']) pg_catalog",
        "WITH pg_catalog AS (SELECT 1::bigint) SELECT pg_catalog.pg_advisory_lock FROM pg_catalog",
        "SELECT information_schema.setseed FROM CAST(0 AS float8) information_schema",
        "SELECT * FROM connectby('a', 'b', 'c', 'd', 0)", "SELECT postgres_fdw_disconnect_all()",
    ])
    func usersAreRefused(_ sql: String) {
        for access in [Access.read, .write] {
            #expect([.notAuthorized, .readOnlyLease].contains(refusal(sql, access)))
        }
    }

    @Test(arguments: [
        "SELECT 1", "(SELECT 1) UNION (SELECT 2)", "WITH a AS (DELETE FROM b RETURNING c) SELECT * FROM a",
        "VALUES (1)",
        "INSERT INTO a VALUES (1) RETURNING b", "UPDATE a SET b = 'set_config('", "DELETE FROM a", "TABLE a",
        "MERGE INTO a USING b ON a.c = b.c WHEN MATCHED THEN DELETE", "EXPLAIN (FORMAT JSON, COSTS OFF) SELECT 1",
        "EXPLAIN ANALYZE INSERT INTO a VALUES (1)", "SELECT $a$ ; COMMIT $a$", "SELECT set_config FROM a",
        "SELECT pg_typeof(1), pg_sleep(0)", "SELECT 1;", "SELECT * FROM pg_settings",
        "SELECT a.relname FROM pg_catalog.pg_class a JOIN pg_catalog.pg_namespace b ON b.oid = a.relnamespace",
        "WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a", "WITH a AS (INSERT INTO b VALUES (1)) SELECT 1",
    ])
    func usersMay(_ sql: String) { #expect(refusal(sql, .write) == nil) }

    @Test(arguments: ["", " ;", "-- COMMIT", "SELEC 1", "'a' SELECT", "SELECT 1; SELECT 2"])
    func whatIsNotOneStatementIsToldSo(_ sql: String) { #expect(refusal(sql, .write) == .invalidStatement) }

    @Test(arguments: ["SELECT 1 FOR UPDATE", "SELECT 1 FOR NO KEY UPDATE", "SELECT nextval('a')"])
    func locksAreForWriting(_ sql: String) {
        #expect(refusal(sql, .write) == nil)
        #expect(refusal(sql, .read) == .readOnlyLease)
    }

    private func refusal(_ sql: String, _ access: Access) -> TenancyError.Code? {
        do {
            let policy = StatementPolicy.postgresql
            try policy.check(policy.kind(of: sql, role: .user), role: .user, access: access)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
