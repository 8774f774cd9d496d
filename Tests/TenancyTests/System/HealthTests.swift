import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// Health of databases as a fact of the main database.
@Suite(.timeLimit(.minutes(2))) struct HealthTests {
    private static let period: Duration = .seconds(3600)

    private func path(of user: UserID, in system: TestSystem) -> String {
        system.directory.file(UserDatabaseFiles.relativePath(of: user))
    }

    private func health(of user: UserID, in system: TestSystem) async throws -> DatabaseHealth {
        try #require(try await system.main.withDatabase(.read) { try await ConfigRepository($0).find(user) }).health
    }

    private func audit(of user: UserID, in system: TestSystem) async throws -> [String] {
        try await system.main.withDatabase(.read) {
            try await AuditLog($0).list(before: nil, limit: 100, about: user)
        }.map(\.action)
    }

    private func closeAll(_ system: TestSystem) async {
        for _ in 0..<10 { await system.manager.evictOldest() }
    }

    @Test func aDatabaseThatFailsToOpenIsMarkedOnceHoweverOftenItIsAskedFor() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let (ada, bob) = (try await system.addUser("ada").id, try await system.addUser("bob").id)
            await closeAll(system)
            try FileManager.default.moveItem(atPath: path(of: ada, in: system), toPath: system.directory.file("kept"))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try? await system.taskTitles(of: ada) } }
            }
            #expect(try await health(of: ada, in: system).fault == .missing)
            #expect(try await health(of: bob, in: system).isHealthy)
            #expect(try await audit(of: ada, in: system).filter { $0 == "database.unhealthy" }.count == 1)
            #expect(try await system.manager.healthSummary().unhealthyDatabases == [.missing: 1])
            // What is suspended is not looked at, and not counted either.
            try await system.manager.suspendUser(ada)
            #expect(try await system.manager.healthSummary().unhealthyDatabases == [:])
            try await system.manager.resumeUser(ada)
            // The file alone does not clear the mark; a look does.
            try FileManager.default.moveItem(atPath: system.directory.file("kept"), toPath: path(of: ada, in: system))
            #expect(try await !health(of: ada, in: system).isHealthy)
            #expect(try await system.manager.testUserDatabase(ada).isOK)
            #expect(try await health(of: ada, in: system).isHealthy)
            #expect(try await audit(of: ada, in: system).filter { $0 == "database.healthy" }.count == 1)
        }
    }

    enum Damage: CaseIterable, Sendable {
        case removed, replacedByText, truncated, bytesOverwritten, otherUsersFile

        var fault: DatabaseFault {
            switch self {
            case .removed: .missing
            case .replacedByText, .truncated, .bytesOverwritten: .corrupt
            case .otherUsersFile: .wrong
            }
        }

        func inflict(on path: String, other: String) throws {
            let url = URL(fileURLWithPath: path)
            switch self {
            case .removed: try FileManager.default.removeItem(atPath: path)
            case .replacedByText: try Data(repeating: 0x58, count: 9000).write(to: url, options: .atomic)
            case .truncated: try Data(try Data(contentsOf: url).prefix(5000)).write(to: url, options: .atomic)
            case .bytesOverwritten:
                var content = try Data(contentsOf: url)
                content.replaceSubrange(4096..<content.count, with: Data(repeating: 0xFF, count: content.count - 4096))
                try content.write(to: url, options: .atomic)
            case .otherUsersFile:
                try FileManager.default.removeItem(atPath: path)
                try FileManager.default.copyItem(atPath: other, toPath: path)
            }
        }
    }

    /// Nobody asks for the database; a request that had it open would not see what was written over it.
    @Test(arguments: Damage.allCases, [true, false])
    func aRoundFindsADatabaseThatNobodyAsksFor(damage: Damage, isOpen: Bool) async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            let (ada, bob) = (try await system.addUser("ada").id, try await system.addUser("bob").id)
            for user in [ada, bob] { try await system.addTask("x", for: user) }
            await closeAll(system)
            let sound = try Data(contentsOf: URL(fileURLWithPath: path(of: ada, in: system)))
            if isOpen { _ = try await system.taskTitles(of: ada) }
            try damage.inflict(on: path(of: ada, in: system), other: path(of: bob, in: system))
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 0, "none is due")
            time.advance(by: Self.period + .seconds(1))
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 2)
            #expect(try await health(of: ada, in: system).fault == damage.fault)
            #expect(try await health(of: bob, in: system).isHealthy)
            // An unhealthy one is looked at again after a minute.
            try? FileManager.default.removeItem(atPath: path(of: ada, in: system))
            try sound.write(to: URL(fileURLWithPath: path(of: ada, in: system)), options: .atomic)
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 0)
            time.advance(by: .seconds(61))
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 1)
            #expect(try await health(of: ada, in: system).isHealthy)
            #expect(try await system.taskTitles(of: ada) == ["x"])
        }
    }

    @Test func aRoundLeavesNoConnectionOpenThatWasNotOpenBefore() async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            for name in ["ada", "bob", "eve"] { try await system.addUser(name) }
            let ada: UserID = 1
            await closeAll(system)
            _ = try await system.taskTitles(of: ada)
            time.advance(by: Self.period + .seconds(1))
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 3)
            #expect(system.manager.poolReport.now.open == 1)
            #expect(system.manager.pool(of: ada).open == 1)
        }
    }

    @Test func aRoundIsBounded() async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            let size = MultiTenantDatabaseManager.roundSize
            for number in 0...size { try await system.addUser("user\(number)") }
            time.advance(by: Self.period + .seconds(1))
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == size)
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 1)
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 0)
        }
    }

    @Test func twoProcessesShareTheWork() async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            for number in 0..<20 { try await system.addUser("user\(number)") }
            time.advance(by: Self.period + .seconds(1))
            let other = try await TestSystem.open(SQLiteEngine(), in: system.directory, time: time)
            async let first = system.manager.checkDueDatabases(period: Self.period)
            async let second = other.manager.checkDueDatabases(period: Self.period)
            let counts = try await (first, second)
            #expect(counts.0 + counts.1 == 20, "\(counts)")
            await other.close()
        }
    }

    @Test func aDatabaseWithoutATableIsUnhealthyUntilItIsRepaired() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let location = try await system.manager.location(of: ada)
            try await SQLiteEngine().withConnection(to: location, as: .maintenance) {
                _ = try await $0.execute(SQLStatement("DROP TABLE Tasks"), limits: StatementLimits())
            }
            guard case .unhealthy(.tableMissing) = try await system.manager.checkHealth(of: ada) else {
                Issue.record("not found")
                return
            }
            #expect(try await system.manager.repairTables(of: ada).map(\.text) == ["Tasks"])
            #expect(try await health(of: ada, in: system).isHealthy)
        }
    }

    @Test func aDatabaseThatARequestCanOpenAgainIsLookedAtSoon() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            await closeAll(system)
            let aside = system.directory.file("kept")
            try FileManager.default.moveItem(atPath: path(of: ada, in: system), toPath: aside)
            _ = try? await system.taskTitles(of: ada)
            try FileManager.default.moveItem(atPath: aside, toPath: path(of: ada, in: system))
            #expect(try await system.taskTitles(of: ada) == [])
            #expect(try await !health(of: ada, in: system).isHealthy)
            #expect(try await system.manager.checkDueDatabases(period: Self.period) == 1)
            #expect(try await health(of: ada, in: system).isHealthy)
        }
    }

    @Test func nothingIsWrittenForAWhileAfterAWriteFailed() {
        let notes = HealthNotes()
        let (ada, bob): (UserID, UserID) = (1, 2)
        #expect(notes.begin(ada, now: .zero))
        #expect(!notes.begin(ada, now: .zero), "one write at a time for each user")
        notes.end(ada, isStored: false, now: .zero)
        #expect(!notes.begin(bob, now: HealthNotes.pause - .milliseconds(1)))
        #expect(notes.begin(bob, now: HealthNotes.pause))
        for user in (1...Int64(HealthNotes.maxWanted + 5)).compactMap(UserID.init) { notes.want(user) }
        #expect(notes.takeWanted().count == HealthNotes.maxWanted)
        #expect(notes.takeWanted().isEmpty)
    }
}
