import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

@Suite struct AuditLogTests {
    @Test func whatWasAppendedFits() async throws {
        try await withEntries(5) { system in
            let found = try await verify(system)
            #expect(found.firstFault == nil)
            #expect(found.entries >= 5)
            #expect(found.head.count == 64)
        }
    }

    @Test func anEmptyLogFits() async throws {
        try await withEntries(0) { system in
            let found = try await verify(system)
            #expect(found.firstFault == nil)
        }
    }

    /// Each as somebody would who may write the main database and does not know better.
    @Test(arguments: [
        "UPDATE Audit_Log SET Detail = 'nothing' WHERE Audit_ID = 3",
        "UPDATE Audit_Log SET Actor_ID = 2 WHERE Audit_ID = 3",
        "UPDATE Audit_Log SET Actor_ID = NULL, User_ID = 1 WHERE Audit_ID = 3",
        "UPDATE Audit_Log SET Created_Date = '2001-01-01T00:00:00.000Z' WHERE Audit_ID = 3",
        "DELETE FROM Audit_Log WHERE Audit_ID = 3", "DELETE FROM Audit_Chain WHERE Audit_ID = 3",
        "UPDATE Audit_Chain SET Hash = '00' WHERE Audit_ID = 3",
    ])
    func whatWasChangedIsFound(sql: String) async throws {
        try await withEntries(5) { system in
            try await system.main.withDatabase(.write) { _ = try await $0.execute(sql) }
            let fault = try #require(try await verify(system).firstFault)
            #expect([3, 4].contains(fault), "the entry itself, or the next where it is gone")
            #expect(try await verify(system).entries == 2)
        }
    }

    @Test(arguments: [
        ["DELETE FROM Audit_Log WHERE Audit_ID = 5"],
        ["DELETE FROM Audit_Log WHERE Audit_ID = 5", "DELETE FROM Audit_Chain WHERE Audit_ID = 5"],
        ["UPDATE Audit_Head SET Hash = ''"], ["UPDATE Audit_Head SET Audit_ID = 4"],
    ])
    func aCutOffEndIsFound(statements: [String]) async throws {
        try await withEntries(5) { system in
            try await system.main.withDatabase(.write) { database in
                for sql in statements { _ = try await database.execute(sql) }
            }
            #expect(try await verify(system).firstFault != nil)
        }
    }

    /// A row that was put in has no hash that fits.
    @Test(arguments: [2, 0, -7] as [Int64]) func anInventedEntryIsFound(id: Int64) async throws {
        try await withEntries(5) { system in
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute("DELETE FROM Audit_Log WHERE Audit_ID = ?", [.integer(id)])
                _ = try await database.execute(
                    "INSERT INTO Audit_Log (Audit_ID, Action, Created_Date) VALUES (?, 'user.delete', ?)",
                    [.integer(id), .timestamp(Timestamp(milliseconds: 0))])
            }
            #expect(try await verify(system).firstFault == id)
        }
    }

    /// An entry that claims to be older than the first is no older than the chain.
    @Test func anEntryBelowTheFirstIsNotFromBeforeTheChain() async throws {
        try await withEntries(0) { system in
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute(
                    "INSERT INTO Audit_Log (Audit_ID, Action, Created_Date) VALUES (-1, 'user.delete', ?)",
                    [.timestamp(Timestamp(milliseconds: 0))])
            }
            #expect(try await verify(system).firstFault == -1)
        }
    }

    /// Entries of an installation that is older than the chain.
    @Test func entriesFromBeforeTheChainAreLeftAlone() async throws {
        try await withEntries(3) { system in
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute("DELETE FROM Audit_Chain")
                _ = try await database.execute("UPDATE Audit_Head SET Audit_ID = 0, Hash = ''")
            }
            try await append(1, to: system)
            let found = try await verify(system)
            #expect(found.firstFault == nil)
            #expect(found.entries == 1)
        }
    }

    private func withEntries(_ count: Int, _ body: (TestSystem) async throws -> Void) async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            try await append(count, to: system)
            try await body(system)
        }
    }

    private func append(_ count: Int, to system: TestSystem) async throws {
        for number in 0..<count {
            try await system.main.transaction {
                try await AuditLog($0).append(
                    "test.entry", actor: 1, userID: nil, detail: "number \(number)",
                    date: Timestamp(milliseconds: Int64(number)))
            }
        }
    }

    private func verify(_ system: TestSystem) async throws -> AuditLog.Verification {
        try await system.main.withDatabase(.read) { try await AuditLog($0).verify() }
    }
}
