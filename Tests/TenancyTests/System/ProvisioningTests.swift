import Foundation
import SQLiteEngine
import Synchronization
import Tenancy
import TenancyTesting
import Testing

/// A database is made whole or not at all, whatever stops the work.
@Suite(.tags(.proof), .timeLimit(.minutes(2))) struct ProvisioningTests {
    private struct Planted: Error {}

    private func failing(after step: ProvisioningStep) -> MultiTenantDatabaseManager.Options {
        .init(faults: FaultPoints { if $0 == FaultPoints.after(step) { throw Planted() } })
    }

    private func files(_ system: TestSystem) -> [String] {
        system.directory.contents().filter { $0.hasPrefix("users/") && $0.contains("user_") }
    }

    // After the last step the database is there, and nothing fails any more.
    @Test(arguments: ProvisioningStep.allCases.filter { $0 != .activate })
    func aFailedRegistrationLeavesNothing(step: ProvisioningStep) async throws {
        try await TestSystem.with(SQLiteEngine(), options: failing(after: step)) { system in
            await #expect(throws: TenancyError.self) { try await system.addUser("ada") }
            #expect(files(system) == [])
            let (user, configs) = try await system.main.withDatabase(.read) { database in
                (
                    try await UserRepository(database).find(username: "ada"),
                    try await database.fetchAll("SELECT 1 FROM User_Database_Config").count
                )
            }
            #expect(user == nil)
            #expect(configs == 0)
            let steps = try await system.main.withDatabase(.read) { database in
                try await database.fetchAll("SELECT Step FROM Job_Step ORDER BY Job_Step_ID").map {
                    try $0.text("Step")
                }
            }
            let done = ProvisioningStep.allCases.map(\.rawValue).prefix { $0 != step.rawValue } + [step.rawValue]
            #expect(steps == Array(done), "what was done is on record")
        }
    }

    @Test(arguments: ProvisioningStep.allCases.filter { $0 != .activate })
    func aFailedInitializationLeavesTheUserAndCanBeRepeated(step: ProvisioningStep) async throws {
        try await TestSystem.with(SQLiteEngine(), options: failing(after: step)) { system in
            let user = try await system.addUser("ada", hasDatabase: false)
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(user.id)
            }
            #expect(error?.code == .provisioningFailed)
            #expect(files(system) == [])
            let second = try await TestSystem.open(SQLiteEngine(), in: system.directory)
            #expect(try await second.manager.initializeUserDatabase(user.id).isNew)
            try await second.addTask("works", for: user.id)
            await second.close()
        }
    }

    @Test(arguments: ProvisioningStep.allCases.filter { $0 != .activate })
    func aJobLeftBehindIsCompletedByTheNextProcess(step: ProvisioningStep) async throws {
        let standstill = Standstill()
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let options = MultiTenantDatabaseManager.Options(
            faults: FaultPoints { name in
                guard name == FaultPoints.after(step) else { return }
                reach.yield()
                // As in a process that was stopped: its work stands still here.
                await standstill.hold()
            })
        let system = try await TestSystem.open(SQLiteEngine(), options: options)
        let work = Task { try await system.addUser("ada") }
        _ = await reached.first { true }
        let next = try await TestSystem.open(SQLiteEngine(), in: system.directory)
        #expect(try await next.manager.reconcile() == (ended: 1, failed: 0))
        let user = try #require(
            await next.main.withDatabase(.read) { try await UserRepository($0).find(username: "ada") })
        try await next.addTask("works", for: user.id)
        #expect(try await next.taskTitles(of: user.id) == ["works"])
        // The first process wakes up again, and finds that its work is done.
        standstill.end()
        _ = try await work.value
        #expect(try await next.taskTitles(of: user.id) == ["works"])
        await next.close()
        await system.close()
    }

    @Test func twoAtOnceForOneUserMakeOneDatabase() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let user = try await system.addUser("ada", hasDatabase: false)
            let made = try await withThrowingTaskGroup(of: (Bool, DatabaseID).self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        let (config, isNew) = try await system.manager.initializeUserDatabase(user.id)
                        return (isNew, config.uuid)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(made.filter(\.0).count == 1)
            #expect(Set(made.map(\.1)).count == 1)
        }
    }

    @Test func twoProcessesAtOnceMakeOneDatabase() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let other = try await TestSystem.open(SQLiteEngine(), in: system.directory)
            for number in 0..<10 {
                let user = try await system.addUser("user\(number)", hasDatabase: false)
                async let first = system.manager.initializeUserDatabase(user.id)
                async let second = other.manager.initializeUserDatabase(user.id)
                let uuids = [try await first.config.uuid, try await second.config.uuid]
                #expect(uuids[0] == uuids[1])
                try await system.addTask("works", for: user.id)
            }
            await other.close()
        }
    }

    @Test func aForeignFileUnderTheNameIsNeverTouched() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let first = try await system.addUser("ada")
            let user = try await system.addUser("bob", hasDatabase: false)
            await system.manager.shutDown()
            let path = system.directory.file(UserDatabaseFiles.relativePath(of: user.id))
            try FileManager.default.createDirectory(
                atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try FileManager.default.copyItem(
                atPath: system.directory.file(UserDatabaseFiles.relativePath(of: first.id)), toPath: path)
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(user.id)
            }
            #expect((error?.cause as? TenancyError)?.code == .wrongDatabase)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
        }
    }

    @Test func whatCannotBeMadeIsRefusedBeforeAnythingIsWritten() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let user = try await system.addUser("ada", hasDatabase: false)
            let cases: [(UserID, ProvisioningRequest, TenancyError.Code)] = [
                (99, .standard, .userNotFound), (user.id, .init(engine: .postgresql), .engineUnavailable),
                (user.id, .init(host: "db.example.org"), .invalidConfiguration),
                (user.id, .init(password: Secret("x")), .invalidConfiguration),
            ]
            for (id, request, code) in cases {
                let error = await #expect(throws: TenancyError.self) {
                    try await system.manager.initializeUserDatabase(id, request)
                }
                #expect(error?.code == code)
            }
            #expect(try await system.manager.loadUserDatabaseConfig(user.id) == nil)
        }
    }
}

/// Work that a test holds up.
private final class Standstill: Sendable {
    private let held = Lock<[UnsafeContinuation<Void, Never>]>([])

    func hold() async { await withUnsafeContinuation { continuation in held.withLock { $0.append(continuation) } } }

    func end() {
        let all = held.withLock { held in
            defer { held = [] }
            return held
        }
        for continuation in all { continuation.resume() }
    }
}
