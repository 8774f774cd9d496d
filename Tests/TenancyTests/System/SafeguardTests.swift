import Foundation
import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// Each safeguard stops what it is there for; without it, the same test sees the leak. So a test that finds nothing means
/// something.
@Suite(.tags(.proof), .timeLimit(.minutes(1))) struct SafeguardTests {
    @Test(arguments: [true, false]) func theStampTellsSwappedDatabasesApart(isOn: Bool) async throws {
        try await TestSystem.with(SQLiteEngine(), options: options(without: isOn ? nil : .identityStamp)) { system in
            let (ada, bob) = try await twoUsers(in: system)
            let paths = try await [ada, bob].asyncMap {
                try #require(try await system.manager.unsafeLocation(of: $0).path)
            }
            for _ in 1...4 { await system.manager.evictOldest() }
            try swap(paths[0], paths[1])
            if isOn {
                let error = await #expect(throws: TenancyError.self) { try await system.taskTitles(of: ada) }
                #expect(error?.code == .wrongDatabase)
            } else {
                #expect(try await system.taskTitles(of: ada) == ["\(bob)/secret"], "the control must see the leak")
            }
        }
    }

    /// The database moves to another file, and the old one stays behind.
    @Test(arguments: [true, false]) func theEpochEndsConnectionsToWhereADatabaseWas(isOn: Bool) async throws {
        try await TestSystem.with(SQLiteEngine(), options: options(without: isOn ? nil : .epochs)) { system in
            let (ada, _) = try await twoUsers(in: system)
            let config = try #require(try await system.manager.loadUserDatabaseConfig(ada))
            let old = try #require(try await system.manager.unsafeLocation(of: ada).path)
            for _ in 1...4 { await system.manager.evictOldest() }
            try FileManager.default.copyItem(atPath: old, toPath: old.replacing(".db", with: "_moved.db"))
            // A connection to the old file, and a row there that nobody may see any more.
            try await system.addTask("stale", for: ada)
            let path = try #require(config.path).replacing(".db", with: "_moved.db")
            try await system.main.withDatabase(.write) {
                _ = try await $0.execute(
                    "UPDATE User_Database_Config SET DB_Path = ?, Epoch = Epoch + 1 WHERE User_ID = ?",
                    [.text(path), .integer(ada.rawValue)])
            }
            await system.manager.apply(.user(ada))
            let titles = try await system.taskTitles(of: ada)
            #expect(titles == (isOn ? ["\(ada)/secret"] : ["\(ada)/secret", "stale"]))
        }
    }

    private func options(without safeguard: Safeguard?) -> MultiTenantDatabaseManager.Options {
        var options = MultiTenantDatabaseManager.Options()
        options.disabledSafeguards = safeguard.map { [$0] } ?? []
        return options
    }

    private func twoUsers(in system: TestSystem) async throws -> (UserID, UserID) {
        let users = (try await system.addUser("ada").id, try await system.addUser("bob").id)
        for user in [users.0, users.1] { try await system.addTask("\(user)/secret", for: user) }
        return users
    }

    private func swap(_ one: String, _ other: String) throws {
        try FileManager.default.moveItem(atPath: one, toPath: "\(one).aside")
        try FileManager.default.moveItem(atPath: other, toPath: one)
        try FileManager.default.moveItem(atPath: "\(one).aside", toPath: other)
    }
}

extension Array {
    fileprivate func asyncMap<Result>(_ transform: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await transform(element)) }
        return results
    }
}
