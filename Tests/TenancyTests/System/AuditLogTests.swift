import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

@Suite(.tags(.proof)) struct AuditLogTests {
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
        ["DELETE FROM Audit_Log WHERE Audit_ID = 6"],
        ["DELETE FROM Audit_Log WHERE Audit_ID = 6", "DELETE FROM Audit_Chain WHERE Audit_ID = 6"],
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

    /// A whole chain that was made without the key.
    @Test(arguments: [true, false]) func anotherChainIsFound(knowsTheForm: Bool) async throws {
        try await withEntries(5) { system in
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute("UPDATE Audit_Log SET Detail = 'nothing' WHERE Audit_ID = 3")
                let entries = try await AuditLog(database).list(before: nil, limit: 100).reversed()
                var previous = ""
                for entry in entries {
                    previous =
                        knowsTheForm
                        ? AuditChain.code(entry, after: previous, key: AuditKey())
                        : AuditChain.hash(entry, after: previous)
                    _ = try await database.execute(
                        "UPDATE Audit_Chain SET Hash = ? WHERE Audit_ID = ?", [.text(previous), .integer(entry.id)])
                }
                _ = try await database.execute("UPDATE Audit_Head SET Hash = ?", [.text(previous)])
            }
            #expect(try await verify(system).firstFault == 1)
        }
    }

    /// The chain taken away, so that all entries look older than it.
    @Test(arguments: [true, false]) func aChainThatWasTakenAwayIsFound(goesOn: Bool) async throws {
        try await withEntries(5) { system in
            try await system.main.withDatabase(.write) { database in
                _ = try await database.execute("DELETE FROM Audit_Chain")
                _ = try await database.execute(
                    "UPDATE Audit_Head SET Hash = '', Audit_ID = (SELECT MAX(Audit_ID) FROM Audit_Log)")
                _ = try await database.execute("UPDATE Audit_Log SET Detail = 'nothing' WHERE Audit_ID = 3")
            }
            if goesOn { try await append(1, to: system) }
            let found = try await verify(system)
            #expect(found.firstFault == 1)
            #expect(found.entries == 0)
        }
    }

    /// The end cut off cleanly: only the record outside the main database tells.
    @Test(arguments: [true, false]) func aCleanCutIsFoundByTheRecord(hasRecord: Bool) async throws {
        try await withEntries(5) { system in
            await system.manager.noteMainDatabase()
            if !hasRecord { try FileManager.default.removeItem(atPath: system.manager.witness.file.path) }
            try await system.main.withDatabase(.write) { database in
                for table in ["Audit_Log", "Audit_Chain"] {
                    _ = try await database.execute("DELETE FROM \(table) WHERE Audit_ID > 4")
                }
                _ = try await database.execute(
                    """
                    UPDATE Audit_Head SET Audit_ID = 4, Hash = (SELECT Hash FROM Audit_Chain WHERE Audit_ID = 4)
                    """)
            }
            #expect(try await system.manager.verifyAuditLog().firstFault == (hasRecord ? 6 : nil))
            try await append(3, to: system)
            #expect(try await system.manager.verifyAuditLog().firstFault == (hasRecord ? 6 : nil), "and stays found")
        }
    }

    // MARK: Installations that are older than the key

    /// Makes an installation with a chain of hashes, as older versions left it, over its last entries.
    private func withOldInstallation(
        entries: Int, chained: Int, change: String? = nil,
        _ body: (TestSystem, AuditLogUpgrade?) async throws -> Void
    ) async throws {
        let (directory, ring) = (try TemporaryDirectory(), KeyRing(current: .random()))
        let made = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: ring)
        try await append(entries - 1, to: made)
        let check = try ring.seal(Secret("unify"), in: "Master_Key/Check_Value").text
        try await made.main.withDatabase(.write) { database in
            _ = try await database.execute("UPDATE Master_Key SET Check_Value = ?", [.text(check)])
            _ = try await database.execute(
                "UPDATE Audit_Log SET Action = 'test.entry', Detail = NULL WHERE Audit_ID = 1")
            _ = try await database.execute("DELETE FROM Audit_Chain")
            _ = try await database.execute("DELETE FROM Main_Generation")
            var previous = ""
            for entry in try await AuditLog(database).list(before: nil, limit: chained).reversed() {
                previous = AuditChain.hash(entry, after: previous)
                _ = try await database.execute(
                    "INSERT INTO Audit_Chain (Audit_ID, Hash) VALUES (?, ?)", [.integer(entry.id), .text(previous)])
            }
            _ = try await database.execute("UPDATE Audit_Head SET Hash = ?", [.text(previous)])
            if let change { _ = try await database.execute(change) }
        }
        await made.close()
        try? FileManager.default.removeItem(atPath: made.manager.witness.file.path)
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file(directory.file("main.db")), schema: made.main.schema)
        let upgrade = try await KeyCheck(main).verify(ring)
        let manager = MultiTenantDatabaseManager(
            main: main, engines: EngineRegistry([SQLiteEngine()]), schema: TestSystem.userSchema,
            dataDirectory: directory.path, keyRing: ring)
        let system = TestSystem(directory: directory, main: main, manager: manager)
        try await body(system, upgrade)
        await system.close()
    }

    @Test(arguments: [(5, 5), (5, 3), (1, 0)]) func anOldChainIsTakenOver(entries: Int, chained: Int) async throws {
        try await withOldInstallation(entries: entries, chained: chained) { system, upgrade in
            #expect(upgrade?.entries == entries)
            #expect(upgrade?.firstFault == nil)
            try await append(2, to: system)
            let found = try await verify(system)
            #expect(found.firstFault == nil)
            #expect(found.oldFault == nil)
            #expect(found.entries == 3)
        }
    }

    /// What was changed before is said for good; what is changed later is found like anything else.
    @Test func aBrokenOldChainIsNotBlessed() async throws {
        let change = "UPDATE Audit_Log SET Detail = 'nothing' WHERE Audit_ID = 3"
        try await withOldInstallation(entries: 5, chained: 5, change: change) { system, upgrade in
            #expect(upgrade?.firstFault == 3)
            let found = try await verify(system)
            #expect(found.oldFault == 3)
            #expect(found.firstFault == nil)
        }
    }

    @Test(arguments: [
        "UPDATE Audit_Log SET Detail = 'nothing' WHERE Audit_ID = 3", "DELETE FROM Audit_Log WHERE Audit_ID = 3",
        "DELETE FROM Audit_Log WHERE Audit_ID = 5",
        "INSERT INTO Audit_Log (Audit_ID, Action, Created_Date) VALUES (4, 'x', '2001-01-01T00:00:00.000Z')",
    ])
    func entriesFromBeforeTheChainCannotBeChanged(sql: String) async throws {
        try await withOldInstallation(entries: 5, chained: 2) { system, _ in
            try await system.main.withDatabase(.write) { database in
                if sql.hasPrefix("INSERT") {
                    _ = try await database.execute("DELETE FROM Audit_Log WHERE Audit_ID = 4")
                }
                _ = try await database.execute(sql)
            }
            #expect(try await verify(system).firstFault == 6, "the beginning does not fit them")
        }
    }

    /// A row of an older key must not give the audit log another key.
    @Test func theKeyStaysWhenTheRootKeyChanges() async throws {
        let (directory, first, second) = (try TemporaryDirectory(), RootKey.random(), RootKey.random())
        let system = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: KeyRing(current: first))
        try await append(3, to: system)
        for (rotations, keys) in [[second, first], [first, second]].enumerated() {
            let ring = KeyRing(current: keys[0], older: [keys[1]])
            try await KeyCheck(system.main).verify(ring)
            _ = try await KeyRotation(main: system.main, ring: ring).run()
            try await KeyCheck(system.main).verify(KeyRing(current: keys[0]))
            // The beginning, three entries, and one for each rotation.
            #expect(try await verify(system).entries == 4 + rotations + 1)
            #expect(try await verify(system).firstFault == nil)
        }
        await system.close()
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
