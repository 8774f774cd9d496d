import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// Code that would wait for itself is told so at once, and holds up nobody.
@Suite(.timeLimit(.minutes(1))) struct NestedLeaseTests {
    private func lease(
        _ access: Access, of user: UserID, _ manager: MultiTenantDatabaseManager
    ) async -> TenancyError.Code? {
        await code { try await manager.withUserDatabase(user, access) { _ in } }
    }

    private func leaseInContext(of user: UserID, _ manager: MultiTenantDatabaseManager) async -> TenancyError.Code? {
        await code { try await manager.withUserContext(user) { try await manager.withUserDatabase(.write) { _ in } } }
    }

    /// What a task of its own is told, that the holder waits for.
    private func leaseInPart(of user: UserID, _ manager: MultiTenantDatabaseManager) async -> TenancyError.Code? {
        await Task { await lease(.write, of: user, manager) }.value
    }

    private func transaction(_ main: MainDatabase) async -> TenancyError.Code? {
        await code { try await main.transaction { _ in } }
    }

    private func lease(_ access: Access, _ main: MainDatabase) async -> TenancyError.Code? {
        await code { try await main.withDatabase(access) { _ in } }
    }

    @Test func aSecondLeaseForWritingInsideTheFirstIsRefused() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let manager = system.manager
            try await manager.withUserDatabase(ada, .write) { database in
                #expect(await lease(.write, of: ada, manager) == .nestedLease)
                #expect(await leaseInContext(of: ada, manager) == .nestedLease)
                #expect(await leaseInPart(of: ada, manager) == .nestedLease)
                // Neither waits for the first.
                #expect(await lease(.read, of: ada, manager) == nil)
                #expect(await transaction(manager.main) == nil)
                try await database.execute("INSERT INTO Tasks (Title) VALUES ('kept')")
            }
            #expect(try await system.taskTitles(of: ada) == ["kept"])
            // One after the other is not nested.
            try await system.addTask("next", for: ada)
        }
    }

    /// Each of these bounds leaves room for one connection, which the outer lease has.
    @Test(
        arguments: [
            PoolLimits(poolSize: 1, maxOverflow: 0, waitLimit: .seconds(30)),
            PoolLimits(maxConnections: 1, waitLimit: .seconds(30)),
        ], [Access.read, .write])
    func aLeaseInsideTheOnlyOneIsRefused(limits: PoolLimits, access: Access) async throws {
        try await TestSystem.with(SQLiteEngine(), options: .init(pool: limits)) { system in
            let (ada, manager) = (try await system.addUser("ada").id, system.manager)
            try await manager.withUserDatabase(ada, access) { database in
                #expect(await lease(.read, of: ada, manager) == .nestedLease)
                #expect(await lease(.write, of: ada, manager) == .nestedLease)
                _ = try await database.fetchAll("SELECT 1")
            }
            #expect(await lease(.read, of: ada, manager) == nil)
            #expect(manager.poolReport.timeouts == 0, "nobody waited")
        }
    }

    @Test func aRevokedWriterIsInTheWayOfTheNewEpoch() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let (ada, manager) = (try await system.addUser("ada").id, system.manager)
            try await manager.withUserDatabase(ada, .write) { _ in
                try await manager.suspendUser(ada)
                try await manager.resumeUser(ada)
                #expect(await lease(.read, of: ada, manager) == .nestedLease)
                #expect(await failure(of: { try await system.taskTitles(of: ada) })?.userID == ada)
            }
        }
    }

    @Test func theOnlyConnectionOfTheMainDatabaseIsNotLentTwice() async throws {
        let directory = try TemporaryDirectory()
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file(directory.file("main.db")), schema: Schema(MainSchema.all), connections: 1)
        try await main.withDatabase(.read) { _ in
            #expect(await lease(.read, main) == .nestedLease)
            #expect(await lease(.write, main) == .nestedLease)
            #expect(await transaction(main) == .nestedLease)
        }
        try await main.transaction { _ in
            #expect(await lease(.read, main) == .nestedLease)
            #expect(await transaction(main) == .nestedLease)
        }
        #expect(await lease(.read, main) == nil)
        #expect(await transaction(main) == nil)
        await main.close()
    }

    /// Two tasks that take the main database and a user's in opposite orders would wait for each other.
    @Test func aTransactionOfTheMainDatabaseWaitsForNoUsersLease() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let (ada, manager) = (try await system.addUser("ada").id, system.manager)
            let (inTransaction, inLease) = (Gate(), Gate())
            let other = Task {
                try await manager.withUserDatabase(ada, .write) { _ in
                    inLease.open()
                    await inTransaction.wait()
                    try await manager.main.transaction { _ in }
                }
            }
            await inLease.wait()
            try await manager.main.transaction { _ in
                inTransaction.open()
                #expect(await lease(.write, of: ada, manager) == .nestedLease)
                #expect(manager.pool(of: ada).waiting == 0, "nothing is left in the line")
            }
            try await other.value
            #expect(await lease(.write, of: ada, manager) == nil)
        }
    }

    @Test func aTaskThatGoesOnAfterTheLeaseMayWrite() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let manager = system.manager
            let gate = Gate()
            let later = try await manager.withUserDatabase(ada, .write) { _ in
                Task {
                    await gate.wait()
                    return try await system.addTask("later", for: ada)
                }
            }
            gate.open()
            _ = try await later.value
            #expect(try await system.taskTitles(of: ada) == ["later"])
        }
    }

    @Test func aTransactionOfTheMainDatabaseInsideAnotherIsRefused() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let manager = system.manager
            let main = system.main
            try await main.transaction { database in
                #expect(await transaction(main) == .nestedLease)
                #expect(await lease(.write, main) == .nestedLease)
                #expect(await lease(.read, main) == nil)
                #expect(await lease(.write, of: ada, manager) == nil)
                try await database.execute("UPDATE Users SET Email = 'new@example.org'")
            }
            try await main.withDatabase(.write) { _ in
                #expect(await transaction(main) == .nestedLease)
                #expect(await lease(.write, main) == .nestedLease)
            }
            #expect(await transaction(main) == nil)
            let changed = try await main.withDatabase(.read) { try await UserRepository($0).find(ada)?.email }
            #expect(changed == "new@example.org")
        }
    }
}
