import Foundation
import Synchronization
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy

/// A deleted user is removed whole, wherever the database was, and nobody else is touched.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct PurgeTests {
    private struct Planted: Error {}

    @Test(arguments: TestPlace.all) func nothingOfAUserIsLeft(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let ada = try await system.addUser("ada").id
            let bob = try await system.addUser("bob").id
            try await system.addTask("bob's", for: bob)
            try await system.addTask("ada's", for: ada)
            let location = try await system.manager.unsafeLocation(of: ada)
            try await delete(ada, in: system)
            try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            #expect(try await system.manager.loadUserDatabaseConfig(ada) == nil)
            await #expect(throws: TenancyError.self) {
                await (try await place.engine.connect(to: location, as: .user)).close()
            }
            if let path = location.path {
                for suffix in ["", "-wal", "-shm"] { #expect(!FileManager.default.fileExists(atPath: path + suffix)) }
            } else {
                let left = try await system.databaseNames(at: place)
                #expect(!left.contains(try #require(location.name)))
                #expect(left.count == 1)
                let bobs = try #require(try await system.manager.loadUserDatabaseConfig(bob)?.login)
                #expect(try await system.loginNames(at: place) == [bobs], "the login is gone too")
            }
            let tombstone = try await system.main.withDatabase(.read) {
                try await $0.fetchAll("SELECT User_ID FROM Tombstone").map { try $0.integer("User_ID") }
            }
            #expect(tombstone == [ada.rawValue])
            #expect(try await system.taskTitles(of: bob) == ["bob's"])
            // The name is free again; the number is not given again.
            #expect(try await system.addUser("ada").id > bob)
            let audit = try await system.main.withDatabase(.read) { try await AuditLog($0).verify() }
            #expect(audit.firstFault == nil)
        }
    }

    @Test func onlyWhoWasDeletedBeforeIsRemoved() async throws {
        try await TestSystem.with(TestPlace.sqlite) { system in
            let ada = try await system.addUser("ada").id
            for date in [Timestamp.distantFuture, Timestamp(milliseconds: 0)] {
                let error = await #expect(throws: TenancyError.self) {
                    try await system.manager.purgeUser(ada, deletedBefore: date)
                }
                #expect(error?.code == .invalidConfiguration)
            }
            try await delete(ada, in: system)
            let early = await #expect(throws: TenancyError.self) {
                try await system.manager.purgeUser(ada, deletedBefore: Timestamp(milliseconds: 0))
            }
            #expect(early?.code == .invalidConfiguration)
            #expect(try await system.manager.purgeUsers(deletedBefore: Timestamp(milliseconds: 0)) == (0, 0))
            #expect(try await system.manager.purgeUsers(deletedBefore: .distantFuture) == (1, 0))
            let gone = await #expect(throws: TenancyError.self) {
                try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            }
            #expect(gone?.code == .userNotFound)
        }
    }

    /// Stopped after each step, it is completed by whoever looks after jobs next.
    @Test(arguments: TestPlace.all, PurgeStep.allCases)
    func whatWasStoppedIsCompleted(place: TestPlace, step: PurgeStep) async throws {
        let isOn = Atomic(true)
        let faults = FaultPoints {
            if $0 == FaultPoints.after(step), isOn.load(ordering: .relaxed) { throw Planted() }
        }
        try await TestSystem.with(place, options: .init(faults: faults)) { system in
            let ada = try await system.addUser("ada").id
            try await delete(ada, in: system)
            await #expect(throws: Planted.self) {
                try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            }
            // From the first step on there is nothing to log in with.
            let config = try await system.manager.loadUserDatabaseConfig(ada)
            #expect(config?.sealedPassword == nil)
            #expect(config.map { $0.state == .removing } ?? true)
            isOn.store(false, ordering: .relaxed)
            try await system.manager.reconcile()
            #expect(try await system.manager.loadUserDatabaseConfig(ada) == nil)
            #expect(try await system.databaseNames(at: place) == [])
            #expect(try await system.loginNames(at: place) == [])
            let users = try await system.main.withDatabase(.read) { try await UserRepository($0).count() }
            #expect(users == 0)
        }
    }

    private struct Left {
        let jobs: [Job]
        let users: Int
        let tombstones: Int
        let audited: Int
    }

    private func left(in system: TestSystem) async throws -> Left {
        try await system.main.withDatabase(.read) { database in
            Left(
                jobs: try await JobRepository(database).list(before: nil, limit: 10, in: .running),
                users: try await UserRepository(database).count(),
                tombstones: try await database.fetchAll("SELECT User_ID FROM Tombstone").count,
                audited: try await database.fetchAll("SELECT Action FROM Audit_Log WHERE Action = 'user.purge'").count)
        }
    }

    /// Removed is said of what is removed: what stands in the way is in the job, which goes on.
    @Test func aFileThatCannotBeRemovedKeepsThePurgeRunning() async throws {
        try await TestSystem.with(TestPlace.sqlite) { system in
            let ada = try await system.addUser("ada").id
            let path = try #require(try await system.manager.unsafeLocation(of: ada).path)
            try await delete(ada, in: system)
            await system.manager.shutDownPool(of: ada)
            let files = FileManager.default
            try files.moveItem(atPath: path, toPath: path + ".away")
            try files.createDirectory(atPath: path + "/in the way", withIntermediateDirectories: true)
            await #expect(throws: TenancyError.self) {
                try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            }
            #expect(try await system.manager.purgeUsers(deletedBefore: .distantFuture) == (purged: 0, failed: 1))
            #expect(try await system.manager.reconcile() == (ended: 0, failed: 1))
            let before = try await left(in: system)
            #expect(before.jobs.map(\.kind) == [.purge])
            #expect(before.jobs.first?.error?.isEmpty == false)
            #expect(before.jobs.first.map { $0.attempts >= 3 } == true)
            #expect((before.users, before.tombstones, before.audited) == (1, 0, 0))
            let again = await #expect(throws: TenancyError.self) {
                try await system.manager.initializeUserDatabase(ada)
            }
            #expect(again?.code == .userNotFound, "nobody makes a database for a user who is being removed")
            try files.removeItem(atPath: path)
            try files.moveItem(atPath: path + ".away", toPath: path)
            #expect(try await system.manager.reconcile() == (ended: 1, failed: 0))
            let after = try await left(in: system)
            #expect(after.jobs.isEmpty)
            #expect((after.users, after.tombstones, after.audited) == (0, 1, 1))
            #expect(!files.fileExists(atPath: path))
        }
    }

    /// A file that is not sound goes, and what a killed process left beside it.
    @Test(arguments: [true, false]) func everyFileOfTheUserGoes(isSound: Bool) async throws {
        try await TestSystem.with(TestPlace.sqlite) { system in
            let ada = try await system.addUser("ada").id
            try await system.addTask("hers", for: ada)
            let path = try #require(try await system.manager.unsafeLocation(of: ada).path)
            try await delete(ada, in: system)
            await system.manager.shutDownPool(of: ada)
            if !isSound { try Data("no database".utf8).write(to: URL(filePath: path)) }
            // As a killed process leaves them; none of it may come up in the next database of that name.
            for suffix in ["-wal", "-shm", "-journal"] {
                try Data(repeating: 7, count: 5000).write(to: URL(filePath: path + suffix))
            }
            try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            let folder = (path as NSString).deletingLastPathComponent
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }

    @Test func theDatabaseOfAnotherUserIsNotRemoved() async throws {
        try await TestSystem.with(TestPlace.sqlite) { system in
            let (ada, bob) = (try await system.addUser("ada").id, try await system.addUser("bob").id)
            try await system.addTask("bob's", for: bob)
            await system.manager.evictOldest()
            let adas = try #require(try await system.manager.unsafeLocation(of: ada).path)
            let bobs = try #require(try await system.manager.unsafeLocation(of: bob).path)
            try await delete(ada, in: system)
            await system.manager.shutDownPool(of: ada)
            await system.manager.shutDownPool(of: bob)
            // Somebody has put one in the other's place.
            try FileManager.default.removeItem(atPath: adas)
            try FileManager.default.moveItem(atPath: bobs, toPath: adas)
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            }
            #expect(error?.code == .wrongDatabase)
            try FileManager.default.moveItem(atPath: adas, toPath: bobs)
            #expect(try await system.manager.reconcile() == (ended: 1, failed: 0))
            #expect(try await system.taskTitles(of: bob) == ["bob's"])
        }
    }

    /// What was set aside goes with its user; another user's database that lay in their place does not.
    @Test(arguments: TestPlace.all) func whatWasSetAsideIsRemovedByItsStamp(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            let (ada, bob) = (try await system.addUser("ada").id, try await system.addUser("bob").id)
            var location = try await system.manager.unsafeLocation(of: ada)
            location.provisioningLogin = place.server?.location.login
            let sql = "UPDATE \(place.engine.dialect.quote("Database_Identity")) SET User_ID = ?"
            for holder in [bob, ada] {
                await system.manager.shutDownPool(of: ada)
                try await place.engine.withConnection(to: location, as: .maintenance) { connection in
                    _ = try await connection.execute(
                        SQLStatement(sql, [.integer(holder.rawValue)]), limits: StatementLimits())
                }
                try await place.engine.quarantine(location)
                try await system.manager.startEmptyUserDatabase(ada)
            }
            try await delete(ada, in: system)
            try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            let left: [String]
            if let path = location.path {
                let folder = (path as NSString).deletingLastPathComponent
                left = try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                    $0.hasPrefix((path as NSString).lastPathComponent)
                }
            } else {
                let bobs = try #require(try await system.manager.unsafeLocation(of: bob).name)
                left = try await system.databaseNames(at: place).filter { $0 != bobs }
            }
            #expect(left.count == 1, "\(left)")
        }
    }

    /// The record of removed users has the line before the rows go: a copy that is put back must not bring the user back.
    @Test func theRecordKnowsOfTheUserBeforeTheRowsAreGone() async throws {
        let isOn = Atomic(true)
        var options = MultiTenantDatabaseManager.Options()
        options.beforeDeletingUser = { _, _ in if isOn.load(ordering: .relaxed) { throw Planted() } }
        try await TestSystem.with(TestPlace.sqlite, options: options) { system in
            let ada = try await system.addUser("ada").id
            try await delete(ada, in: system)
            await #expect(throws: Planted.self) {
                try await system.manager.purgeUser(ada, deletedBefore: .distantFuture)
            }
            #expect(try await left(in: system).users == 1, "the transaction was undone")
            let record = try String(contentsOfFile: system.directory.file("removed-users"), encoding: .utf8)
            #expect(record.split(separator: "\n").filter { $0.hasPrefix("\(ada) ") }.count == 1)
            isOn.store(false, ordering: .relaxed)
            try await system.manager.reconcile()
            #expect(try await left(in: system).users == 0)
        }
    }

    private func delete(_ userID: UserID, in system: TestSystem) async throws {
        let date = system.main.time.wallNow
        try await system.manager.suspendUser(
            userID, inTransaction: { try await UserRepository($0).setDeleted(date, of: userID) })
    }
}

extension MultiTenantDatabaseManager {
    /// Closes what is open of one user's database.
    fileprivate func shutDownPool(of userID: UserID) async { await pools.drain(userID, except: nil) }
}

extension Timestamp {
    /// The last moment that every engine's own type holds.
    fileprivate static var distantFuture: Timestamp { Timestamp(milliseconds: 253_402_300_799_999) }
}

/// Whoever writes at the same time, the chain of the audit log stays whole.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct AuditChainTests {
    @Test(arguments: TestPlace.all) func manyWritersMakeOneChain(place: TestPlace) async throws {
        try await TestSystem.with(place) { system in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        try await system.main.transaction {
                            try await AuditLog($0).append(
                                "test.entry", actor: nil, userID: nil, detail: "\(number)",
                                date: system.main.time.wallNow)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let found = try await system.main.withDatabase(.read) { try await AuditLog($0).verify() }
            #expect(found.firstFault == nil)
            #expect(found.entries >= 40)
        }
    }
}
