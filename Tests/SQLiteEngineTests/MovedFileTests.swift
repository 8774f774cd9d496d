import Foundation
import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

/// A file that is removed or replaced while it is open: nobody goes on working in what nobody finds again.
@Suite(.tags(.proof), .timeLimit(.minutes(1))) struct MovedFileTests {
    private let insertion = "INSERT INTO Things (Name) VALUES ('lost')"

    @Test func aWriteIntoARemovedFileIsNoSuccess() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        try await connection.run("INSERT INTO Things (Name) VALUES ('kept')")
        #expect(await connection.isConnected())
        try FileManager.default.removeItem(atPath: fixture.path)
        #expect(await !connection.isConnected())
        #expect(
            await code { _ = try await connection.execute(SQLStatement(insertion), limits: .init()) }
                == .databaseMissing)
        #expect(await !connection.reset(), "it is not lent again")
        await connection.close()
    }

    @Test func theSameInATransaction() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        try await connection.begin(.write)
        _ = try await connection.execute(SQLStatement(insertion), limits: .init())
        try FileManager.default.moveItem(atPath: fixture.path, toPath: fixture.path + ".moved")
        #expect(await code { try await connection.commit() } == .databaseMissing)
        await connection.close()
    }

    /// SQLite removes the log when the last connection closes, by its path.
    @Test func closingLeavesTheLogOfTheFileThatReplacedIt() async throws {
        let fixture = try SQLiteFixture()
        let old = try await fixture.connection()
        try await old.run("INSERT INTO Things (Name) VALUES ('old')")
        for suffix in ["", "-wal", "-shm"] {
            try FileManager.default.removeItem(atPath: fixture.path + suffix)
        }
        let new = try await fixture.connection()
        try await new.run("INSERT INTO Things (Name) VALUES ('new')")
        #expect(await !old.isConnected())
        await old.close()
        #expect(fixture.directory.contents() == ["test.db", "test.db-shm", "test.db-wal"])
        let third = try await fixture.engine.connect(to: fixture.location, as: .user)
        let names = try await third.run("SELECT Name FROM Things").map { try $0.text("Name") }
        #expect(names == ["new"])
        await third.close()
        await new.close()
    }

    /// Cutting off the index under whoever has it mapped ends the process (SIGBUS). Two engines know nothing of each
    /// other's files, so nothing else keeps the new file's connection from the old one's index.
    @Test func twoFilesOfOnePathNeverShareAnIndex() async throws {
        let fixture = try SQLiteFixture()
        let old = try await fixture.connection()
        try await old.run("INSERT INTO Things (Name) VALUES ('old')")
        let sizeBytes = try indexSizeBytes(of: fixture)
        #expect(sizeBytes > 0)
        let copy = fixture.path + ".copy"
        try FileManager.default.copyItem(atPath: fixture.path, toPath: copy)
        #expect(rename(copy, fixture.path) == 0)

        let other = SQLiteEngine()
        #expect(await code { _ = try await other.connect(to: fixture.location, as: .user) } == .connectionFailed)
        #expect(try indexSizeBytes(of: fixture) == sizeBytes, "the index is whole")
        #expect(try await old.run("SELECT Name FROM Things").count == 1)

        await old.close()
        let next = try await other.connect(to: fixture.location, as: .user)
        #expect(try await next.run("SELECT COUNT(*) AS Number FROM Things").count == 1)
        await next.close()
    }

    private func indexSizeBytes(of fixture: SQLiteFixture) throws -> UInt64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: fixture.path + "-shm")
        return try #require(attributes[.size] as? UInt64)
    }
}
