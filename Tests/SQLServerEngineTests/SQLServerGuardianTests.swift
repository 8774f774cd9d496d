import Tenancy
import Testing

@testable import SQLServerEngine

@Suite struct SQLServerGuardianTests {
    @Test(arguments: [
        "COMMIT", "/* a /* b */ */ commit", "SELECT 1\u{A0}COMMIT", "SELECT 1COMMIT", "-- a\rCOMMIT", "SELECT 1 COMMIT",
        "select 1; rollback tran", "BEGIN TRANSACTION",
        "SAVE TRANSACTION a", "SET IMPLICIT_TRANSACTIONS ON", "USE master", "EXEC sp_who", "EXECUTE ('COMMIT')",
        "DECLARE @a INT", "IF 1 = 1 SELECT 1", "WHILE 1 = 1 SELECT 1", "WAITFOR DELAY '1:00'", "KILL 52", "SHUTDOWN",
        "BACKUP DATABASE a TO DISK = 'b'", "DBCC CHECKDB", "INSERT INTO a EXEC sp_who", "REVERT",
        "SELECT * FROM OPENROWSET(BULK 'a', SINGLE_BLOB) AS b", "SELECT * FROM OPENQUERY(a, 'b')", "THROW",
        "CREATE TABLE a (b INT)", "drop table a", "ALTER TABLE a ADD b INT", "TRUNCATE TABLE a",
        "SELECT 1 DROP TABLE a",
        "GRANT SELECT ON a TO b", "DENY SELECT ON a TO b", "SELECT * INTO a FROM b",
    ])
    func usersAreRefused(_ sql: String) {
        #expect(refusal(sql, .user) == .notAuthorized)
        #expect(refusal(sql, .maintenance) == nil)
    }

    @Test(arguments: [
        "SELECT 1", "SELECT 1;", "WITH a AS (SELECT 1 AS b) SELECT * FROM a", "INSERT INTO a VALUES (1)",
        "UPDATE a SET b = 'COMMIT'", "DELETE FROM a WHERE b = N'DROP'", "SELECT [COMMIT], \"EXEC\", [a]]DROP] FROM a",
        "INSERT INTO a (b) OUTPUT INSERTED.b VALUES (1)",
        "SELECT a FROM b ORDER BY a OFFSET 0 ROWS FETCH NEXT ? ROWS ONLY",
        "SELECT CASE WHEN a = 1 THEN 2 ELSE 3 END FROM b", "WITH a AS (SELECT 1 AS b) UPDATE a SET b = 2",
        "MERGE a USING b ON a.c = b.c WHEN MATCHED THEN UPDATE SET d = 1 WHEN NOT MATCHED THEN INSERT (c) VALUES (1);",
        "-- COMMIT\nSELECT 1",
    ])
    func usersMay(_ sql: String) { #expect(refusal(sql, .user) == nil) }

    @Test(arguments: [
        "", " ;", "-- COMMIT", "SELEC 1", "sp_who", "SELECT 1; SELECT 2", "INSERT INTO a VALUES (1) DELETE FROM a",
        "SELECT 1 DELETE FROM a", "UPDATE a SET b = 1 SET NOCOUNT ON", "INSERT INTO a VALUES (1); DROP TABLE a",
    ])
    func whatIsNotOneStatementIsToldSo(_ sql: String) { #expect(refusal(sql, .user) == .invalidStatement) }

    @Test(arguments: [
        "INSERT INTO a VALUES (1)", "UPDATE a SET b = 1", "DELETE FROM a", "DROP TABLE a", "SELECT * INTO a FROM b",
        "WITH a AS (SELECT 1 AS b) DELETE FROM a",
        "MERGE a USING b ON a.c = b.c WHEN MATCHED THEN DELETE;",
    ])
    func aLeaseForReadingRefuses(_ sql: String) {
        for role in [ConnectionRole.user, .main, .maintenance] {
            #expect(refusal(sql, role, .read) == .readOnlyLease)
        }
    }

    private func refusal(_ sql: String, _ role: ConnectionRole, _ access: Access = .write) -> TenancyError.Code? {
        do {
            try SQLServerGuardian.check(SQLServerGuardian.kind(of: sql), role: role, access: access)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
