import Foundation
import Logging
import SQLiteEngine
import Synchronization
import Tenancy
import TenancyTesting
import Testing

/// The front door: leases, contexts, stamps, suspension.
@Suite(.tags(.proof), .timeLimit(.minutes(2))) struct ManagerTests {
    private func expect<Result>(
        _ code: TenancyError.Code, sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () async throws -> Result
    ) async {
        let error = await #expect(throws: TenancyError.self, sourceLocation: sourceLocation) { _ = try await body() }
        #expect(error?.code == code, sourceLocation: sourceLocation)
    }

    private func path(of user: UserID, in system: TestSystem) -> String {
        system.directory.file(UserDatabaseFiles.relativePath(of: user))
    }

    @Test func theContextSaysWhoseDatabaseItIs() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let (ada, bob) = (try await system.addUser("ada").id, try await system.addUser("bob").id)
            let manager = system.manager
            try await manager.withUserContext(ada) {
                try await manager.executeUpdate("INSERT INTO Tasks (Title) VALUES (?)", ["ada's"])
                #expect(try await manager.fetchAll("SELECT Title FROM Tasks").count == 1)
                await expect(.contextConflict) { try await manager.fetchAll("SELECT 1", userID: bob) }
                await expect(.contextConflict) { try await manager.withUserContext(bob) {} }
            }
            #expect(try await system.taskTitles(of: bob) == [])
            await expect(.noUserContext) { try await manager.fetchAll("SELECT Title FROM Tasks") }
            await expect(.noUserContext) { try await manager.withUserDatabase { _ in } }
            try await manager.withUserDatabase(ada) { _ in
                await expect(.contextConflict) { try await manager.withUserDatabase(bob, .read) { _ in } }
            }
        }
    }

    @Test func swappedFilesAreRefusedAndAuditedAndOthersAreServed() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            var ids: [UserID] = []
            for name in ["ada", "bob", "eve"] { ids.append(try await system.addUser(name).id) }
            for id in ids { try await system.addTask("\(id)", for: id) }
            // Every connection is closed, so that the files can be swapped without their logs.
            for _ in 0..<10 { await system.manager.evictOldest() }
            let (first, second) = (path(of: ids[0], in: system), path(of: ids[1], in: system))
            try FileManager.default.moveItem(atPath: first, toPath: first + ".x")
            try FileManager.default.moveItem(atPath: second, toPath: first)
            try FileManager.default.moveItem(atPath: first + ".x", toPath: second)
            for id in ids.prefix(2) { await expect(.wrongDatabase) { try await system.taskTitles(of: id) } }
            #expect(try await system.taskTitles(of: ids[2]) == ["\(ids[2])"])
            let audit = try await system.main.withDatabase(.read) {
                try await AuditLog($0).list(before: nil, limit: 10)
            }
            #expect(audit.filter { $0.action == "database.wrong" }.count >= 2)
        }
    }

    @Test func aMissingFileIsAnErrorAndIsNotMade() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            try FileManager.default.removeItem(atPath: path(of: ada, in: system))
            await expect(.databaseMissing) { try await system.taskTitles(of: ada) }
            #expect(!FileManager.default.fileExists(atPath: path(of: ada, in: system)))
            await expect(.userDatabaseNotFound) { try await system.taskTitles(of: 77) }
        }
    }

    @Test func suspendingEndsLeasesInUse() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            var runs = 0
            await expect(.staleLease) {
                try await system.manager.withUserDatabase(ada) { database in
                    runs += 1
                    _ = try await database.fetchAll("SELECT 1")
                    try await system.manager.suspendUser(ada)
                    _ = try await database.fetchAll("SELECT 1")
                }
            }
            #expect(runs == 1, "what has begun is not begun again")
            await expect(.databaseSuspended) { try await system.taskTitles(of: ada) }
            try await system.manager.resumeUser(ada)
            #expect(try await system.taskTitles(of: ada) == [])
        }
    }

    /// As on a server where connecting takes as long as the feed does, right after a password was rotated.
    @Test func changesWhileAConnectionIsOpenedAreWaitedOut() async throws {
        let engine = DisturbedEngine(SQLiteEngine())
        try await TestSystem.with(engine) { system in
            let ada = try await system.addUser("ada").id
            let manager = system.manager
            let openings = Lock(0)
            for (disturbed, succeeds) in [(4, true), (5, false)] {
                openings.withLock { $0 = 0 }
                engine.onConnect.withLock { hook in
                    hook = {
                        let count = openings.withLock { count in
                            count += 1
                            return count
                        }
                        if count <= disturbed { await manager.apply(.everything) }
                    }
                }
                if succeeds {
                    #expect(try await system.taskTitles(of: ada) == [])
                } else {
                    await expect(.staleLease) { try await system.taskTitles(of: ada) }
                }
                #expect(openings.withLock { $0 } == 5)
                await manager.evictOldest()
            }
            engine.onConnect.withLock { $0 = nil }
        }
    }

    @Test func aLeaseEndsAlsoWhereTheCacheHasSeenTheChangeFirst() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let other = try await TestSystem.open(SQLiteEngine(), in: system.directory)
            await expect(.staleLease) {
                try await other.manager.withUserDatabase(ada) { database in
                    _ = try await database.fetchAll("SELECT 1")
                    _ = other.manager.configs.invalidate(ada)
                    try await system.manager.suspendUser(ada)
                    #expect(try await other.manager.loadUserDatabaseConfig(ada)?.state == .suspended)
                    await other.manager.apply(.user(ada))
                    _ = try await database.fetchAll("SELECT 1")
                }
            }
            await other.close()
        }
    }

    @Test func aSuspensionOutlastsProvisioning() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada", hasDatabase: false).id
            try await system.manager.suspendUser(ada)
            #expect(try await system.manager.initializeUserDatabase(ada).config.state == .suspended)
            await expect(.databaseSuspended) { try await system.taskTitles(of: ada) }
            try await system.manager.resumeUser(ada)
            #expect(try await system.taskTitles(of: ada) == [])
        }
    }

    @Test func whatAnotherProcessChangesIsSeen() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let other = try await TestSystem.open(SQLiteEngine(), in: system.directory)
            #expect(try await other.taskTitles(of: ada) == [])
            let feed = ChangeFeed(main: other.main, logger: Logger(label: "test")) { await other.manager.apply($0) }
            let watching = Task { try await feed.run() }
            try await system.manager.suspendUser(ada)
            let deadline = ContinuousClock.now + .seconds(15)
            var seen: TenancyError.Code?
            while seen == nil, ContinuousClock.now < deadline {
                do { _ = try await other.taskTitles(of: ada) } catch { seen = (error as? TenancyError)?.code }
            }
            #expect(seen == .databaseSuspended)
            watching.cancel()
            _ = await watching.result
            await other.close()
        }
    }

    @Test func withoutTheFeedACachedConfigGoesOn() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let other = try await TestSystem.open(SQLiteEngine(), in: system.directory)
            #expect(try await other.taskTitles(of: ada) == [])
            try await system.manager.suspendUser(ada)
            // The control of the test above: it is the feed that makes the difference.
            #expect(try await other.taskTitles(of: ada) == [])
            await other.close()
        }
    }

    @Test func aHandleEndsWithItsClosureAndTransactionsDoNotNest() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let kept = try await system.manager.withUserDatabase(ada) { $0 }
            await expect(.leaseEnded) { try await kept.fetchAll("SELECT 1") }
            await expect(.nestedTransaction) {
                try await system.manager.withUserDatabase(ada) { database in
                    try await database.transaction { try await $0.transaction { _ in } }
                }
            }
            await expect(.readOnlyLease) {
                _ = try await system.manager.withUserDatabase(ada, .read) { try await $0.execute("DELETE FROM Tasks") }
            }
        }
    }

    @Test func aTransactionIsAllOrNothing() async throws {
        struct Stop: Error {}
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            await #expect(throws: Stop.self) {
                try await system.manager.withUserDatabase(ada) { database in
                    try await database.transaction { database in
                        try await database.execute("INSERT INTO Tasks (Title) VALUES ('gone')")
                        throw Stop()
                    }
                }
            }
            #expect(try await system.taskTitles(of: ada) == [])
            try await system.manager.withUserDatabase(ada) { database in
                _ = try await database.transaction { try await $0.execute("INSERT INTO Tasks (Title) VALUES ('kept')") }
            }
            #expect(try await system.taskTitles(of: ada) == ["kept"])
        }
    }

    @Test func writersTakeTurnsAndNoneIsLost() async throws {
        let pool = PoolLimits(waitLimit: .seconds(60))
        try await TestSystem.with(SQLiteEngine(), options: .init(pool: pool)) { system in
            let ada = try await system.addUser("ada").id
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 { group.addTask { try await system.addTask("\(number)", for: ada) } }
                for _ in 0..<50 { group.addTask { _ = try await system.taskTitles(of: ada) } }
                try await group.waitForAll()
            }
            #expect(Set(try await system.taskTitles(of: ada)).count == 50)
        }
    }

    @Test func aTestReportSaysWhatIsWrong() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            #expect(try await system.manager.testUserDatabase(ada).isOK)
            let location = try await system.manager.location(of: ada)
            try await system.main.engine.withConnection(to: location, as: .maintenance) {
                _ = try await $0.execute("DROP TABLE Tasks", limits: StatementLimits())
            }
            let report = try await system.manager.testUserDatabase(ada)
            #expect(report.checks.filter { !$0.isOK }.map(\.name) == ["tables"])
            #expect(try await system.manager.repairTables(of: ada) == ["Tasks"])
            #expect(try await system.manager.testUserDatabase(ada).isOK)
        }
    }
}
