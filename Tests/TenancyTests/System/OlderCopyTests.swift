import Foundation
import SQLiteEngine
import Synchronization
import TenancyTesting
import Testing

@testable import Tenancy

/// An older copy of the main database that was put back is told apart.
@Suite(.tags(.proof), .timeLimit(.minutes(2))) struct OlderCopyTests {
    private let directory: TemporaryDirectory
    private let ring = KeyRing(current: .random())

    init() throws { directory = try TemporaryDirectory() }

    private func open(
        options: MultiTenantDatabaseManager.Options = MultiTenantDatabaseManager.Options()
    ) async throws -> TestSystem {
        try await TestSystem.open(SQLiteEngine(), in: directory, options: options, keyRing: ring)
    }

    private func copy(to name: String, from origin: String = "main.db") throws {
        for suffix in ["", "-wal", "-shm"] {
            // Not there where the database was closed cleanly.
            try? FileManager.default.removeItem(atPath: directory.file(name + suffix))
            guard FileManager.default.fileExists(atPath: directory.file(origin + suffix)) else { continue }
            try FileManager.default.copyItem(
                atPath: directory.file(origin + suffix), toPath: directory.file(name + suffix))
        }
    }

    /// A system with a user; a copy of it; then something that ends sessions; then the copy put back.
    private func putBack() async throws {
        let made = try await open()
        try await made.manager.reconcile()
        let ada = try await made.addUser("ada").id
        await made.manager.noteMainDatabase()
        await made.close()
        try copy(to: "copy.db")
        let later = try await open()
        try await later.manager.suspendUser(ada)
        await later.manager.noteMainDatabase()
        await later.close()
        try copy(to: "main.db", from: "copy.db")
    }

    @Test func allSessionsAreEndedOnce() async throws {
        try await putBack()
        let ended = Mutex(0)
        var options = MultiTenantDatabaseManager.Options()
        options.endAllSessions = { _, _ in ended.withLock { $0 += 1 } }
        let system = try await open(options: options)
        guard case .older = try await system.manager.mainDatabaseAge() else {
            Issue.record("it is not found")
            return
        }
        #expect(try await system.manager.verifyAuditLog().firstFault != nil)
        try await system.manager.reconcile()
        #expect(ended.withLock { $0 } == 1)
        #expect(system.manager.foundOlderCopy)
        #expect(try await system.manager.mainDatabaseAge() == .current)
        #expect(try await system.manager.mainDatabaseRestoredAt() != nil)
        #expect(try await system.manager.verifyAuditLog().firstFault == nil)
        let newest = try await system.main.withDatabase(.read) { try await AuditLog($0).list(before: nil, limit: 1) }
        #expect(newest.first?.action == "main_database.restored")
        await system.close()

        let next = try await open(options: options)
        try await next.manager.reconcile()
        #expect(ended.withLock { $0 } == 1)
        #expect(!next.manager.foundOlderCopy)
        await next.close()
    }

    /// What a command writes into the older copy does not hide that it is one.
    @Test func anOlderCopyThatWasWrittenToIsFoundToo() async throws {
        try await putBack()
        let system = try await open()
        for number in 0..<5 {
            try await system.addUser("other\(number)")
            await system.manager.noteMainDatabase()
        }
        guard case .older = try await system.manager.mainDatabaseAge() else {
            Issue.record("it is not found")
            return
        }
        await system.close()
    }

    @Test func aStopBetweenTheStepsIsMadeUpFor() async throws {
        try await putBack()
        var options = MultiTenantDatabaseManager.Options()
        options.faults = FaultPoints { name in
            if name == FaultPoints.after(RestoreStep.sessions) { throw TenancyError(.cancelled, "stopped here") }
        }
        let stopped = try await open(options: options)
        await #expect(throws: TenancyError.self) { try await stopped.manager.reconcile() }
        await stopped.close()
        let next = try await open()
        try await next.manager.reconcile()
        #expect(next.manager.foundOlderCopy)
        #expect(try await next.manager.mainDatabaseAge() == .current)
        await next.close()
    }

    // MARK: No false alarm

    /// Killed after the main database has the new state and before the record has it.
    @Test func aStateThatIsNotRecordedIsNoAlarm() async throws {
        let system = try await open()
        try await system.manager.reconcile()
        for _ in 0..<3 { _ = try await system.main.transaction { try await MainGeneration.raise(in: $0) } }
        #expect(try await system.manager.mainDatabaseAge() == .current)
        try Data((try String(contentsOfFile: system.manager.witness.file.path, encoding: .utf8) + "0123 2026").utf8)
            .write(to: URL(fileURLWithPath: system.manager.witness.file.path))
        #expect(try await system.manager.mainDatabaseAge() == .current, "a line that was not written to its end")
        try await system.manager.reconcile()
        #expect(!system.manager.foundOlderCopy)
        await system.close()
    }

    @Test func twoProcessesAtOnceAreNoAlarm() async throws {
        let (one, other) = (try await open(), try await open())
        try await one.manager.reconcile()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for system in [one, other] {
                group.addTask {
                    for number in 0..<20 {
                        try await system.manager.suspendUser(
                            try await system.addUser("u\(UUID().uuidString.prefix(8))\(number)").id)
                        await system.manager.noteMainDatabase()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await one.manager.mainDatabaseAge() == .current)
        try await other.manager.reconcile()
        #expect(!other.manager.foundOlderCopy)
        #expect(try await one.manager.verifyAuditLog().firstFault == nil)
        await one.close()
        await other.close()
    }

    @Test func anEmptyFolderAndAnotherDatabaseAreNoAlarm() async throws {
        let system = try await open()
        try await system.manager.reconcile()
        let path = system.manager.witness.file.path
        try FileManager.default.removeItem(atPath: path)
        #expect(try await system.manager.mainDatabaseAge() == .unrecorded, "it is told that the record is gone")
        try await system.manager.reconcile()
        #expect(!system.manager.foundOlderCopy)
        #expect(try await system.manager.mainDatabaseAge() == .current)
        await system.close()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: directory.file("main.db\(suffix)"))
        }
        let another = try await open()
        #expect(try await another.manager.mainDatabaseAge() == .foreign)
        try await another.manager.reconcile()
        #expect(!another.manager.foundOlderCopy)
        #expect(try await another.manager.mainDatabaseAge() == .current)
        await another.close()
    }

    @Test func theRecordStaysSmall() async throws {
        let system = try await open()
        let file = system.manager.witness.file
        for number in 0..<20 {
            try await file.append(
                (0..<500).map { line in
                    WitnessLine(
                        databaseID: "0123456789abcdef", date: Timestamp(milliseconds: 0),
                        content: .state(
                            MainGeneration(number: Int64(number * 500 + line), tag: "t"), auditKeyID: "k",
                            auditID: number == 0 ? 1_000_000 : 1, auditCode: String(repeating: "0", count: 64)))
                }, time: SystemTimeSource())
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.size] as? Int ?? 0) < WitnessFile.maxBytes + 100_000)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await file.lines().contains { $0.text.contains(" 1000000 ") }, "the furthest entry stays known")
        await system.close()
    }

    private func line(_ number: Int, audit: Int64 = 1, of database: String = "0123456789abcdef") -> WitnessLine {
        WitnessLine(
            databaseID: database, date: Timestamp(milliseconds: Int64(number)),
            content: .state(
                MainGeneration(number: Int64(number), tag: "t"), auditKeyID: "k", auditID: audit,
                auditCode: String(repeating: "0", count: 64)))
    }

    /// What counted before the main database was found to be an older copy does not come back when lines go.
    @Test func whatCameBeforeARestoreIsForgottenForGood() {
        let marker = WitnessLine(
            databaseID: "0123456789abcdef", date: Timestamp(milliseconds: 5), content: .restored)
        let other = line(7, audit: 9, of: "fedcba9876543210")
        let all =
            [line(4, audit: 1_000_000), marker, line(5, audit: 50), line(6, audit: 20), other]
            + (10..<(10 + WitnessFile.keptLines)).map { line($0) }
        let kept = WitnessFile.shortened(all)
        #expect(
            kept.prefix(4) == [marker, line(5, audit: 50), line(6, audit: 20), other]
                || kept.prefix(4) == [other, marker, line(5, audit: 50), line(6, audit: 20)])
        #expect(kept.count == WitnessFile.keptLines + 4)
        #expect(WitnessFile.shortened(kept + [line(9999)]).contains(marker), "and the next time too")
    }

    /// Each machine has a record of its own; the one that starts later finds that the sessions have been ended since.
    @Test func ofTwoMachinesOneEndsTheSessions() async throws {
        let elsewhere = try TemporaryDirectory()
        let ended = Mutex(0)
        var options = MultiTenantDatabaseManager.Options()
        options.endAllSessions = { _, _ in ended.withLock { $0 += 1 } }
        func another(_ main: MainDatabase) -> MultiTenantDatabaseManager {
            MultiTenantDatabaseManager(
                main: main, engines: EngineRegistry([SQLiteEngine()]), schema: TestSystem.userSchema,
                dataDirectory: elsewhere.path, keyRing: ring, options: options)
        }
        let made = try await open()
        try await made.manager.reconcile()
        let ada = try await made.addUser("ada").id
        await made.manager.noteMainDatabase()
        await made.close()
        try copy(to: "copy.db")
        let later = try await open()
        try await later.manager.suspendUser(ada)
        await later.manager.noteMainDatabase()
        let there = another(later.main)
        try await there.reconcile()
        await later.close()
        try copy(to: "main.db", from: "copy.db")

        let here = try await open(options: options)
        try await here.manager.reconcile()
        #expect(ended.withLock { $0 } == 1)
        let second = another(here.main)
        guard case .older = try await second.mainDatabaseAge() else {
            Issue.record("the other machine's record does not know")
            return
        }
        try await second.reconcile()
        #expect(ended.withLock { $0 } == 1, "they were ended since")
        #expect(try await second.mainDatabaseAge() == .current)
        // An entry that somebody wrote without the key does not count.
        await here.close()
        try copy(to: "main.db", from: "copy.db")
        let forged = try await open(options: options)
        try await forged.main.withDatabase(.write) { database in
            _ = try await database.execute(
                """
                INSERT INTO Audit_Log (Action, Created_Date) VALUES ('main_database.restored', '2100-01-01T00:00:00.000Z')
                """)
        }
        try await forged.manager.reconcile()
        #expect(ended.withLock { $0 } == 2)
        await forged.close()
    }

    /// Each try commits a state to the main database: there are few, and one line of the log.
    @Test func aRecordThatCannotBeWrittenIsTriedLessAndLess() async throws {
        let time = ManualTimeSource()
        let system = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: ring, time: time)
        let path = system.manager.witness.file.path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        func states() async throws -> Int {
            try await system.main.withDatabase(.read) { try await MainGeneration.all(in: $0).count }
        }
        system.main.context.noteChange()
        for _ in 0..<60 {
            await system.manager.noteMainDatabase()
            time.advance(by: .seconds(1))
        }
        #expect(try await (1...7).contains(states()))
        #expect(system.manager.mainRecordFault?.contains(path) == true)
        #expect(await system.manager.faultOfMainRecord() != nil)
        try FileManager.default.removeItem(atPath: path)
        #expect(await system.manager.faultOfMainRecord() == nil)
        time.advance(by: RecordAttempts.longestPause)
        await system.manager.noteMainDatabase()
        #expect(system.manager.mainRecordFault == nil)
        #expect(try await system.manager.witness.file.lines().count == 1)
        await system.close()
    }

    /// The server's user can put anything under the name, and root runs the command.
    @Test(arguments: FileTrap.allCases)
    func whatTheRecordsNameLeadsToIsNotTouched(_ trap: FileTrap) async throws {
        let file = WitnessFile(dataDirectory: directory.path)
        let victim = try trap.set(at: file.path, in: directory.path)
        await #expect(throws: TenancyError.self) { try await file.append([line(1)], time: SystemTimeSource()) }
        #expect(try FileTrap.isUntouched(victim))
    }

    @Test func aProcessThatHoldsTheFolderIsWaitedFor() async throws {
        let file = WitnessFile(dataDirectory: directory.path)
        let descriptor = Foundation.open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        try #require(flock(descriptor, LOCK_EX) == 0)
        let time = ManualTimeSource()
        async let appended: Void = file.append([line(1)], time: time)
        await time.sleepsHaveBegun(1)
        #expect(try await file.lines().isEmpty)
        close(descriptor)
        time.advance(by: .seconds(1))
        try await appended
        #expect(try await file.lines() == [line(1)])
    }

    /// Rows go when there are many; the record of a server that was away for long is no alarm.
    @Test func oldStatesAreForgotten() async throws {
        let system = try await open()
        try await system.manager.reconcile()
        _ = try await system.main.transaction { database in
            for _ in 0..<MainGeneration.retention { _ = try await MainGeneration.raise(in: database) }
            #expect(try await MainGeneration.all(in: database).count == Int(MainGeneration.retention))
        }
        #expect(try await system.manager.mainDatabaseAge() == .current)
        await system.close()
    }
}
