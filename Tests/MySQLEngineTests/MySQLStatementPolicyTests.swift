internal import Tenancy
import TenancyTesting
import Testing

@testable import MySQLEngine

@Suite(.tags(.proof)) struct MySQLStatementPolicyTests {
    @Test(arguments: [
        "COMMIT", "/*!COMMIT*/", "/*!50701 commit */", "/*M! COMMIT */", "-- a\nROLLBACK", "# a\nBEGIN",
        "BEGIN NOT ATOMIC SELECT 1; END", "SET autocommit = 0", "SET STATEMENT max_statement_time = 1 FOR SELECT 1",
        "USE mysql", "PREPARE a FROM 'COMMIT'", "EXECUTE IMMEDIATE 'COMMIT'", "XA START 'a'", "LOCK TABLES a READ",
        "HANDLER a OPEN", "CALL p()", "DO SLEEP(1)", "KILL 1", "LOAD DATA LOCAL INFILE 'a' INTO TABLE b",
        "SELECT GET_LOCK('a', 1)", "SELECT /* x */ Release_Lock ('a')", "IF 1 THEN COMMIT; END IF",
        "CREATE TABLE a (b INT)", "drop table a", "ALTER TABLE a ADD b INT", "TRUNCATE a", "RENAME TABLE a TO b",
        "GRANT ALL ON *.* TO a", "ANALYZE TABLE a", "ANALYZE UPDATE a SET b = 1", "FLUSH TABLES",
    ])
    func usersAreRefused(_ sql: String) {
        for access in [Access.read, .write] {
            #expect([.notAuthorized, .readOnlyLease].contains(refusal(sql, .user, access)))
        }
        #expect(refusal(sql, .user) == .notAuthorized)
        #expect(refusal(sql, .maintenance) == nil)
        #expect(refusal(sql, .main) == nil)
    }

    @Test(arguments: [
        "SELECT 1", "(SELECT 1) UNION (SELECT 2)", "WITH a AS (SELECT 1) SELECT * FROM a", "INSERT INTO a VALUES (1)",
        "UPDATE a SET b = 'COMMIT'", "DELETE FROM a WHERE b = \"GET_LOCK\"", "REPLACE INTO a VALUES (1)",
        "SELECT `COMMIT`, `GET_LOCK` FROM a", "SHOW TABLES", "EXPLAIN SELECT 1", "VALUES (1)",
    ])
    func usersMay(_ sql: String) { #expect(refusal(sql, .user) == nil) }

    @Test(arguments: ["", " ;", "-- COMMIT", "SELEC 1", "FROBNICATE a"])
    func whatIsNoStatementIsToldSo(_ sql: String) {
        #expect(refusal(sql, .user) == .invalidStatement)
    }

    /// Text that hides a statement, and what outlives the statement.
    @Test(arguments: [
        "/*!99999 ' */ DELETE FROM Tasks -- ' SELECT", "/*!99999 ' */ SET SESSION TRANSACTION READ WRITE -- ' SELECT",
        "/*M!999999 ' */ DELETE FROM Tasks -- ' SELECT", "SELECT 1 /*! INTO @a */",
        "SELECT /*+ SET_VAR(sql_mode='') */ 1",
        "SELECT `GET_LOCK`('a', 0)", "SELECT `get_lock` /* x */ ('a', 0)", "SELECT GÉT_LOCK('a', 0)",
        "SELECT LOAD_FILE('/etc/passwd')", "SELECT 1 INTO @a", "SELECT 1 INTO OUTFILE '/tmp/a'",
        "TABLE a INTO DUMPFILE 'b'",
        "SELECT a.insert INTO @b FROM a", "SELECT a . replace INTO OUTFILE '/tmp/b' FROM a", "TABLE a.ignore INTO @b",
        "SELECT @a := 1", "SELECT @`a`:=1", "SELECT LAST_INSERT_ID(5)", "SELECT `last_insert_id` (5)",
        "SELECT * FROM a PROCEDURE ANALYSE()", "SHOW CREATE USER CURRENT_USER()", "SHOW FULL PROCESSLIST",
        "EXPLAIN FOR CONNECTION 5", "SELECT sys_exec('id')", "SELECT 'never ends", "SELECT 1\0; DELETE FROM a",
    ])
    func nothingIsHiddenOrLeftBehind(_ sql: String) {
        #expect(refusal(sql, .user) == .notAuthorized)
        #expect(refusal(sql, .user, .read) == .notAuthorized)
    }

    @Test(arguments: [
        "SELECT 1 -- '\r'\n + 1", "SELECT \"it's\" FROM a", "SELECT 'a\\', b FROM a", "SELECT 5--1",
        "SELECT _gbk'a', N'b', X'41'", "/* plain */ SELECT 1 # it's", "/*M plain ' */ SELECT 1",
        "SELECT LAST_INSERT_ID()",
        "INSERT IGNORE INTO a VALUES (1)", "REPLACE INTO a (SELECT 1)", "EXPLAIN INSERT INTO a TABLE b",
        "SHOW CREATE TABLE a", "DESC a", "SELECT SLEEP(0)",
    ])
    func quotesAndCommentsAreReadAsTheServerDoes(_ sql: String) { #expect(refusal(sql, .user) == nil) }

    @Test(arguments: [
        "SELECT 1 FOR UPDATE", "SELECT 1 LOCK IN SHARE MODE", "SELECT NEXTVAL(s)", "SELECT NEXT VALUE FOR s",
    ])
    func locksAreForWriting(_ sql: String) {
        #expect(refusal(sql, .user) == nil)
        #expect(refusal(sql, .user, .read) == .readOnlyLease)
    }

    private func refusal(_ sql: String, _ role: ConnectionRole, _ access: Access = .write) -> TenancyError.Code? {
        do {
            let policy = StatementPolicy.mysql
            try policy.check(policy.kind(of: sql, role: role), role: role, access: access)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
