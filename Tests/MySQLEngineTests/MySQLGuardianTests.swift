import Tenancy
import Testing

@testable import MySQLEngine

@Suite struct MySQLGuardianTests {
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
        let kind = MySQLGuardian.kind(of: sql)
        #expect(refusal(kind, .user) == .notAuthorized)
        #expect(refusal(kind, .maintenance) == nil)
        #expect(refusal(kind, .main) == nil)
    }

    @Test(arguments: [
        "SELECT 1", "(SELECT 1) UNION (SELECT 2)", "WITH a AS (SELECT 1) SELECT * FROM a", "INSERT INTO a VALUES (1)",
        "UPDATE a SET b = 'COMMIT'", "DELETE FROM a WHERE b = \"GET_LOCK\"", "REPLACE INTO a VALUES (1)",
        "SELECT `COMMIT`, `GET_LOCK` FROM a", "SHOW TABLES", "EXPLAIN SELECT 1", "VALUES (1)",
    ])
    func usersMay(_ sql: String) { #expect(refusal(MySQLGuardian.kind(of: sql), .user) == nil) }

    @Test(arguments: ["", " ;", "-- COMMIT", "SELEC 1", "FROBNICATE a"])
    func whatIsNoStatementIsToldSo(_ sql: String) {
        #expect(refusal(MySQLGuardian.kind(of: sql), .user) == .invalidStatement)
    }

    private func refusal(_ kind: MySQLGuardian.Kind, _ role: ConnectionRole) -> TenancyError.Code? {
        do {
            try MySQLGuardian.check(kind, role: role, access: .write)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
