import Foundation
import Synchronization
import Tenancy
import TenancyTesting
import Testing

@testable import SQLiteEngine

@Suite("SQLiteChangeListener", .timeLimit(.minutes(1)))
struct SQLiteChangeListenerTests {
    @Test func hearsAWriteOfAnybody() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let listener = try #require(SQLiteChangeListener(path: fixture.path))
        let other = try await SQLiteEngine().connect(to: fixture.location, as: .user)
        for _ in 1...3 {
            async let heard: Void = listener.wait(upTo: .seconds(50))
            try await other.run("INSERT INTO Things (Name) VALUES ('x')")
            try await heard
        }
        await other.close()
        await connection.close()
    }

    @Test func hearsNothingOfReadingAndOfOtherFiles() async throws {
        let fixture = try SQLiteFixture()
        let connection = try await fixture.connection()
        let listener = try #require(SQLiteChangeListener(path: fixture.path))
        try await connection.run("SELECT * FROM Things")
        try Data("x".utf8).write(to: URL(filePath: fixture.path + "-other"))
        let clock = ContinuousClock()
        let start = clock.now
        try await listener.wait(upTo: .milliseconds(200))
        #expect(clock.now - start >= .milliseconds(190), "it waits to the end")
        await connection.close()
    }

    @Test func endsWhenItIsCancelled() async throws {
        let fixture = try SQLiteFixture()
        try await fixture.make()
        let listener = try #require(SQLiteChangeListener(path: fixture.path))
        let waiting = Task { try await listener.wait(upTo: .seconds(3600)) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func thereIsNoneForAFolderThatIsNotThere() {
        #expect(SQLiteChangeListener(path: "/nowhere/at/all.db") == nil)
    }

    /// A descriptor that is closed twice may be somebody else's by the second time.
    @Test(arguments: [(-1, 7), (7, -1), (-1, -1), (7, 8)] as [(Int32, Int32)])
    func eachDescriptorIsClosedOnce(watch: Int32, wake: Int32) {
        let closed = Lock<[Int32]>([])
        var listener = SQLiteChangeListener(names: [], watch: watch, wake: wake) { descriptor in
            closed.withLock { $0.append(descriptor) }
        }
        #expect((listener == nil) == (watch < 0 || wake < 0))
        listener = nil
        #expect(closed.withLock { $0 } == [watch, wake].filter { $0 >= 0 })
    }
}
