internal import Tenancy
import TenancyTesting
import Testing

@testable import SQLServerEngine

@Suite(.tags(.proof)) struct SQLServerStatementPolicyTests {
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
        "", " ;", "-- COMMIT", "SELEC 1", "SELECT 1; SELECT 2", "INSERT INTO a VALUES (1) DELETE FROM a",
        "SELECT 1 DELETE FROM a", "UPDATE a SET b = 1 SET NOCOUNT ON", "INSERT INTO a VALUES (1); DROP TABLE a",
    ])
    func whatIsNotOneStatementIsToldSo(_ sql: String) { #expect(refusal(sql, .user) == .invalidStatement) }

    @Test(arguments: [
        "INSERT INTO a VALUES (1)", "UPDATE a SET b = 1", "DELETE FROM a", "SELECT NEXT VALUE FOR a",
        "WITH a AS (SELECT 1 AS b) DELETE FROM a",
        "MERGE a USING b ON a.c = b.c WHEN MATCHED THEN DELETE;",
    ])
    func aLeaseForReadingRefuses(_ sql: String) {
        for role in [ConnectionRole.user, .main, .maintenance] {
            #expect(refusal(sql, role, .read) == .readOnlyLease)
        }
    }

    /// Text that hides a statement, and what outlives the statement.
    @Test(arguments: [
        "INSERT INTO a VALUES (1) SELECT * INTO #big FROM b", "INSERT INTO a VALUES (1) SELECT * INTO ##shared FROM b",
        "INSERT INTO a VALUES (1) SELECT * FROM b", "SELECT 1 SELECT 2",
        "UPDATE STATISTICS t SET IMPLICIT_TRANSACTIONS ON",
        "DELETE FROM a SET XACT_ABORT OFF", "UPDATE a SET b = 1 SET XACT_ABORT OFF", "SELECT * FROM ##shared",
        "SELECT * FROM [##shared]", "DELETE FROM a OUTPUT DELETED.* INTO b", "INSERT INTO a EXEC sp_getapplock 'x'",
        "SELECT 1 sp_who", "sp_who", "SELECT 1 FETCH NEXT FROM c", "SELECT 1 WITH x AS (SELECT 1 AS y) DELETE FROM x",
        "INSERT INTO a SELECT b FROM (DELETE FROM c OUTPUT DELETED.b) AS d", "SELECT 1 -- a\rDELETE FROM a",
        "UPDATE a SET b = 1 SELECT 1", "MERGE a USING b ON 1 = 1 WHEN MATCHED THEN DELETE DELETE FROM a;",
        "SELECT [a' FROM b", "WRITETEXT a.b @c 'd'", "DISABLE TRIGGER a ON b",
    ])
    func nothingIsHiddenOrLeftBehind(_ sql: String) {
        for access in [Access.read, .write] { #expect(refusal(sql, .user, access) != nil) }
    }

    @Test(arguments: [
        "SELECT 1 UNION ALL SELECT 2", "INSERT INTO a SELECT b FROM c", "INSERT INTO a SELECT 1 UNION SELECT 2",
        "SELECT a FROM b WITH (NOLOCK)", "SELECT a FROM b WHERE c IN (SELECT d FROM e)",
        "WITH a AS (SELECT 1 AS b), c AS (SELECT 2 AS d) INSERT INTO e SELECT b FROM a", "SELECT a#b FROM c",
        "SELECT 1 -- a\r\n", "SELECT 'it''s', \"it's\" FROM [a'b]",
    ])
    func oneStatementIsTakenForOne(_ sql: String) { #expect(refusal(sql, .user) == nil) }

    @Test func whatReadsIsUndone() {
        let statement = SQLServerHandle.undone(SQLStatement("SELECT ? -- x", [.integer(1)]))
        #expect(statement.sql == "BEGIN TRANSACTION;\nSELECT ? -- x\nROLLBACK TRANSACTION")
        #expect(statement.parameters == [.integer(1)])
    }

    private func refusal(_ sql: String, _ role: ConnectionRole, _ access: Access = .write) -> TenancyError.Code? {
        do {
            let policy = StatementPolicy.sqlserver
            try policy.check(policy.kind(of: sql, role: role), role: role, access: access)
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }
}
