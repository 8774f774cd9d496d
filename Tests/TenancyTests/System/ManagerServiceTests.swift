import Foundation
import Logging
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// What a manager does by itself as time goes by, and the bounds of docs/limits.md on it.
@Suite(.timeLimit(.minutes(2))) struct ManagerServiceTests {
    /// Lends a system whose manager runs as a service. It looks after five things, each in a loop that sleeps: pools
    /// every 15 s, removed users who came back every 30 s, jobs and the record of the main database every second and, unasked, every
    /// hour; there is no stock, and databases are not looked at.
    private func withService(_ body: (TestSystem, ManualTimeSource) async throws -> Void) async throws {
        let time = ManualTimeSource()
        var options = MultiTenantDatabaseManager.Options()
        options.healthCheckPeriod = nil
        try await TestSystem.with(SQLiteEngine(), options: options, time: time) { system in
            let running = Task { try await system.manager.run() }
            await time.sleepsHaveBegun(5)
            try await body(system, time)
            running.cancel()
            _ = await running.result
        }
    }

    @Test func aConnectionThatIsIdleForTooLongIsClosed() async throws {
        try await withService { system, time in
            let ada = try await system.addUser("ada").id
            try await system.addTask("x", for: ada)
            #expect(system.manager.poolReport.now.idle == 1)
            time.advance(by: .seconds(300))
            await time.sleepsHaveBegun(9)
            #expect(system.manager.poolReport.now.idle == 1, "300 s are not too long")
            // Three of the five wake up.
            time.advance(by: .seconds(15))
            await time.sleepsHaveBegun(12)
            #expect(system.manager.poolReport.now.idle == 0)
        }
    }

    // MARK: Jobs

    /// A process on another machine, of which nobody knows whether it runs.
    private static let elsewhere = JobOwner(host: "elsewhere", process: 7, machine: "m", number: "1")

    /// Adds a job that another process has just begun.
    private func addJob(_ name: String, to system: TestSystem) async throws {
        let user = try await system.addUser(name, hasDatabase: false).id
        let date = system.main.time.wallNow
        _ = try await system.main.transaction {
            try await JobRepository($0).insert(
                JobRequest(.provision, userID: user), owner: Self.elsewhere, date: date)
        }
    }

    private func jobs(of system: TestSystem) async throws -> [Job] {
        try await system.main.withDatabase(.read) { try await JobRepository($0).list(before: nil, limit: 1000) }
    }

    /// A job of a user without a config has nothing to bring to its end, and is ended for that.
    @Test func jobsThatCouldNotBeEndedAreTriedAgainWhenTheyAreAMinuteOld() async throws {
        try await withService { system, time in
            try await addJob("ada", to: system)
            for (begun, state) in [(9, JobState.running), (13, .running)] {
                time.advance(by: .seconds(30))
                await time.sleepsHaveBegun(begun)
                #expect(try await jobs(of: system).map(\.state) == [state])
            }
            time.advance(by: .seconds(30))
            try await eventually("it is taken over and ended") {
                try await jobs(of: system).map(\.state) == [.failed]
            }
        }
    }

    @Test func onlyJobsOlderThanAskedForAreTried() async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            try await addJob("ada", to: system)
            time.advance(by: .seconds(60))
            #expect(try await system.manager.reconcile(olderThan: .seconds(60)) == (ended: 0, failed: 0))
            time.advance(by: .milliseconds(1))
            #expect(try await system.manager.reconcile(olderThan: .seconds(60)) == (ended: 1, failed: 0))
        }
    }

    /// More than are read at a time.
    @Test func allJobsAreTriedAtTheStart() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let date = system.main.time.wallNow
            try await system.main.transaction { database in
                for number in 1...201 {
                    let user = try await UserRepository(database).insert(
                        username: "u\(number)", email: "u\(number)@example.org", passwordHash: nil, date: date)
                    _ = try await JobRepository(database).insert(
                        JobRequest(.provision, userID: user.id), owner: Self.elsewhere, date: date)
                }
            }
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            let manager = MultiTenantDatabaseManager(
                main: system.main, engines: EngineRegistry([SQLiteEngine()]), schema: TestSystem.userSchema,
                dataDirectory: system.directory.path, keyRing: KeyRing(current: .random()), logger: logger)
            #expect(try await manager.reconcile() == (ended: 201, failed: 0))
            #expect(try await jobs(of: system).filter { $0.state == .running }.isEmpty)
            await manager.shutDown()
        }
    }

    @Test func anErrorOfAJobIsCutOff() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            try await addJob("ada", to: system)
            let date = system.main.time.wallNow
            let id = try #require(try await jobs(of: system).first?.id)
            for length in [1000, 1001] {
                let error = String(repeating: "é", count: length)
                let again = try await system.main.transaction { database in
                    let jobs = JobRepository(database)
                    let claim = try #require(try await jobs.claim(id, by: Self.elsewhere, date: date))
                    try await jobs.release(claim, error: error, notBefore: nil, date: date)
                    return try #require(try await jobs.claim(id, by: Self.elsewhere, date: date))
                }
                #expect(try await jobs(of: system).first?.error?.count == 1000)
                try await system.main.transaction {
                    try await JobRepository($0).end(again, as: .failed, error: error, date: date)
                }
                #expect(try await jobs(of: system).first?.error?.count == 1000)
                try await system.main.transaction { _ = try await $0.execute("UPDATE Job SET State = 'queued'") }
            }
        }
    }

    // MARK: Copies and checks

    @Test func aDatabaseForWhichThereIsNoRoomIsNotCopied() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("hers", for: ada)
            let config = try #require(try await system.manager.loadUserDatabaseConfig(ada))
            let size = try #require(await system.manager.statistics(of: config).sizeBytes)
            let path = system.directory.file("copy.db")
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.snapshotUserDatabase(ada, to: path) { $0 < size }
            }
            #expect(error?.code == .diskFull)
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await system.manager.snapshotUserDatabase(ada, to: path) { $0 <= size })
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func threeOfManyFindingsAreTold() async throws {
        try await TestSystem.with(SickEngine()) { system in
            let ada = try await system.addUser("ada").id
            let report = try await system.manager.testUserDatabase(ada)
            let check = try #require(report.checks.first { $0.name == "integrity" })
            #expect(!check.isOK)
            #expect(check.detail == "problem 1; problem 2; problem 3")
        }
    }
}

/// SQLite, with ten findings in each database.
private final class SickEngine: DatabaseEngine {
    private let engine = SQLiteEngine()
    var kind: EngineKind { engine.kind }
    var dialect: any Dialect { engine.dialect }
    var capabilities: EngineCapabilities { engine.capabilities }

    func connect(to location: DatabaseLocation, as role: ConnectionRole) async throws -> any DatabaseConnection {
        try await engine.connect(to: location, as: role)
    }

    func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        try await engine.makeDatabase(at: location, schema: schema, identity: identity)
    }

    func dropDatabase(at location: DatabaseLocation) async throws { try await engine.dropDatabase(at: location) }
    func quarantine(_ location: DatabaseLocation) async throws { try await engine.quarantine(location) }
    func snapshot(of location: DatabaseLocation, to path: String) async throws -> Bool {
        try await engine.snapshot(of: location, to: path)
    }

    func sizeBytes(of location: DatabaseLocation) async throws -> Int64 { try await engine.sizeBytes(of: location) }
    func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        try await engine.lastModified(of: location)
    }

    func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        (1...10).map { "problem \($0)" }
    }
}

extension JobRepository {
    /// Claims a job as it is now.
    fileprivate func claim(_ id: Int64, by owner: JobOwner, date: Timestamp) async throws -> JobClaim? {
        guard let job = try await find(id) else { return nil }
        return try await claim(job, by: owner, date: date)
    }
}
