import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// A copy of the main database that is put back does not bring users back who were removed since.
@Suite(.tags(.proof), .timeLimit(.minutes(2))) struct ReturnedUserTests {
    /// Removes a user, puts the main database and the user's file back as they were before, and opens the system again.
    private func putBack(
        _ body: @Sendable (_ system: TestSystem, _ removed: UserID, _ other: UserID) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let keyRing = KeyRing(current: .random())
        let system = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: keyRing)
        let ada = try await system.addUser("ada").id
        let bob = try await system.addUser("bob").id
        try await system.addTask("ada's", for: ada)
        try await system.addTask("bob's", for: bob)
        await system.close()
        let copy = try TemporaryDirectory()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: directory.path, toPath: copy.path)

        let removing = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: keyRing)
        let date = removing.main.time.wallNow
        try await removing.manager.suspendUser(
            ada, inTransaction: { try await UserRepository($0).setDeleted(date, of: ada) })
        try await removing.manager.purgeUser(ada, deletedBefore: date.adding(.seconds(1)))
        await removing.close()

        for name in ["main.db", UserDatabaseFiles.relativePath(of: ada)] {
            let path = directory.file(name)
            for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
                try FileManager.default.removeItem(atPath: path + suffix)
            }
            try FileManager.default.copyItem(atPath: copy.file(name), toPath: path)
        }
        let again = try await TestSystem.open(SQLiteEngine(), in: directory, keyRing: keyRing)
        try await body(again, ada, bob)
        await again.close()
    }

    @Test func theNextStartRemovesThemAgain() async throws {
        try await putBack { system, ada, bob in
            #expect(try await system.manager.returnedUsers() == [ada])
            try await system.manager.reconcile()
            #expect(try await system.manager.loadUserDatabaseConfig(ada) == nil)
            let path = system.directory.file(UserDatabaseFiles.relativePath(of: ada))
            #expect(!FileManager.default.fileExists(atPath: path))
            #expect(try await system.manager.returnedUsers() == [])
            #expect(try await system.taskTitles(of: bob) == ["bob's"])
        }
    }

    /// As where the user's server is down: the user stays refused, and the audit log tells of it once, also of a user who was
    /// suspended when the copy was made.
    @Test func eachStartUntilTheyAreRemovedWritesNothingMore() async throws {
        try await putBack { system, ada, _ in
            try await system.manager.suspendUser(ada)
            for _ in 0..<3 { try await system.manager.prepare() }
            let actions = try await system.main.withDatabase(.read) {
                try await AuditLog($0).list(before: nil, limit: 100, about: ada)
            }.map(\.action)
            #expect(actions.filter { $0 == "user.delete" }.count == 1)
        }
    }

    /// The control: without the record they are back.
    @Test func withoutTheRecordTheyAreBack() async throws {
        try await putBack { system, ada, _ in
            try FileManager.default.removeItem(atPath: system.manager.tombstones.path)
            try await system.manager.reconcile()
            #expect(try await system.taskTitles(of: ada) == ["ada's"])
        }
    }

    @Test func whoGetsTheNumberAnewIsNotTakenForThem() async throws {
        try await putBack { system, ada, _ in
            _ = try await system.main.transaction { database in
                try await database.execute(
                    "UPDATE Users SET Created_Date = '2030-01-01T00:00:00.000Z' WHERE User_ID = ?",
                    [.integer(ada.rawValue)])
            }
            try await system.manager.reconcile()
            #expect(try await system.taskTitles(of: ada) == ["ada's"])
        }
    }
}
