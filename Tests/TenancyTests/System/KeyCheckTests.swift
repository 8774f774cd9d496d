import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// What the main database says of its own age is not believed against the record beside it.
@Suite(.timeLimit(.minutes(1))) struct KeyCheckTests {
    private let ring = KeyRing(current: .random())

    /// A system whose record has been written.
    private func with(_ body: (TestSystem, KeyCheck) async throws -> Void) async throws {
        try await TestSystem.with(SQLiteEngine(), keyRing: ring) { system in
            try await system.manager.reconcile()
            try await system.addUser("ada")
            await system.manager.noteMainDatabase()
            try await body(system, KeyCheck(system.main, dataDirectory: system.directory.path))
        }
    }

    private func execute(_ sql: String, _ parameters: [SQLValue] = [], in system: TestSystem) async throws {
        try await system.main.withDatabase(.write) { _ = try await $0.execute(sql, parameters) }
    }

    private func expectRefused(_ check: KeyCheck) async {
        let error = await #expect(throws: TenancyError.self) { try await check.verify(ring) }
        #expect(error?.code == .keyWrong)
    }

    /// By it the audit log would get another key, and passwords would be bound to whatever the rows say.
    @Test func theRowOfAnOlderCopyIsRefused() async throws {
        try await with { system, check in
            let old = try ring.seal(Secret("unify"), in: "Master_Key/Check_Value").text
            try await execute("UPDATE Master_Key SET Check_Value = ?", [.text(old)], in: system)
            await expectRefused(check)
            try await execute("DELETE FROM Main_Generation", in: system)
            await expectRefused(check)
            // Another name of the main database does not help.
            try await execute("UPDATE Master_Key SET Created_Date = '2001-01-01T00:00:00.000Z'", in: system)
            await expectRefused(check)
            // The operator, who has the data directory, puts such a copy back on purpose.
            try FileManager.default.removeItem(atPath: system.manager.witness.file.path)
            #expect(try await check.verify(ring) != nil)
        }
    }

    @Test func aMainDatabaseWithUsersOrEntriesIsNotNew() async throws {
        try await with { system, check in
            try await execute("DELETE FROM Master_Key", in: system)
            await expectRefused(check)
            await #expect(throws: TenancyError.self) { try await check.knownKeyID() }
            for table in ["User_Database_Config", "Users"] { try await execute("DELETE FROM \(table)", in: system) }
            await expectRefused(check)
            for table in ["Audit_Chain", "Audit_Log"] { try await execute("DELETE FROM \(table)", in: system) }
            await expectRefused(check)
        }
    }

    @Test func anotherKeyOfTheAuditLogIsRefused() async throws {
        try await with { system, check in
            try await check.verify(ring)
            let text = try ring.seal(Secret("unify/audit/\(AuditKey().unsafeBase64)"), in: "Master_Key/Check_Value")
                .text
            try await execute("UPDATE Master_Key SET Check_Value = ?", [.text(text)], in: system)
            await expectRefused(check)
        }
    }

    @Test func aFormerRowHoldsNothing() async throws {
        try await with { system, check in
            let former = ring.current
            let next = KeyRing(current: .random(), older: [former])
            _ = try await KeyRotation(main: system.main, ring: next).run()
            let texts = try await system.main.withDatabase(.read) { database in
                try await database.fetchAll("SELECT Check_Value FROM Master_Key WHERE Is_Current = ?", [false]).map {
                    try $0.text("Check_Value")
                }
            }
            #expect(texts == ["replaced"])
            try await check.verify(next)
            try await execute("UPDATE Master_Key SET Is_Current = (Key_ID = ?)", [.text(former.id)], in: system)
            await expectRefused(check)
        }
    }
}
