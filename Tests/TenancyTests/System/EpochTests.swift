import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// What becomes of leases when the epoch of their database is raised.
@Suite(.timeLimit(.minutes(1))) struct EpochTests {
    private func raiseEpoch(of user: UserID, in system: TestSystem) async throws {
        try await system.manager.suspendUser(user)
        try await system.manager.resumeUser(user)
    }

    @Test func aNewLeaseNeedNotWaitForAnOldReader() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let told = await code {
                try await system.manager.withUserDatabase(ada, .read) { old in
                    try await raiseEpoch(of: ada, in: system)
                    try await system.addTask("new", for: ada)
                    #expect(system.manager.pools.keys.count == 2, "each epoch has a pool")
                    #expect(system.manager.pooledUsers(after: 0, limit: 10).map(\.userID) == [ada])
                    #expect(system.manager.pool(of: ada).open == 1, "what is revoked is not counted")
                    _ = try await old.fetchAll("SELECT 1")
                }
            }
            #expect(told == .staleLease)
            #expect(system.manager.pools.keys.count == 1)
            #expect(try await system.taskTitles(of: ada) == ["new"])
        }
    }

    @Test func aNewLeaseOfAFileWaitsForAnOldWriter() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let (inside, release) = (Gate(), Gate())
            let old = Task {
                await code {
                    try await system.manager.withUserDatabase(ada, .write) { database in
                        inside.open()
                        await release.wait()
                        try await database.execute("INSERT INTO Tasks (Title) VALUES ('old')")
                    }
                }
            }
            await inside.wait()
            try await raiseEpoch(of: ada, in: system)
            let new = Task { try await system.taskTitles(of: ada) }
            try await eventually("the new lease waits") { system.manager.pool(of: ada).waiting == 1 }
            release.open()
            #expect(await old.value == .staleLease)
            #expect(try await new.value == [])
        }
    }

    /// As a move does it: nobody's acknowledged row stays behind in the old place.
    @Test func whatIsWrittenWhileADatabaseMovesIsInItsNewPlace() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let ada = try await system.addUser("ada").id
            let config = try #require(try await system.manager.loadUserDatabaseConfig(ada))
            let writers = (0..<4).map { writer in
                Task {
                    for number in 0..<25 { try await system.addTask("\(writer)/\(number)", for: ada) }
                }
            }
            try await system.manager.pools.withHold(on: system.manager.poolKey(of: config), upTo: .seconds(20)) {
                try await move(ada, in: system)
            }
            for writer in writers { try await writer.value }
            let expected = (0..<4).flatMap { writer in (0..<25).map { "\(writer)/\($0)" } }
            #expect(try await system.taskTitles(of: ada).sorted() == expected.sorted())
            #expect(try await system.manager.loadUserDatabaseConfig(ada)?.path?.hasSuffix("_moved.db") == true)
        }
    }

    /// Copies the file, and serves the copy from then on.
    private func move(_ user: UserID, in system: TestSystem) async throws {
        let config = try #require(try await system.manager.loadUserDatabaseConfig(user))
        let old = try #require(try await system.manager.location(of: user).path)
        for _ in 1...8 { await system.manager.evictOldest() }
        try FileManager.default.copyItem(atPath: old, toPath: old.replacing(".db", with: "_moved.db"))
        let path = try #require(config.path).replacing(".db", with: "_moved.db")
        try await system.main.withDatabase(.write) {
            _ = try await $0.execute(
                "UPDATE User_Database_Config SET DB_Path = ?, Epoch = Epoch + 1 WHERE User_ID = ?",
                [.text(path), .integer(user.rawValue)])
        }
        await system.manager.apply(.user(user))
    }
}
