import Foundation
import SQLiteEngine
import TenancyTesting
import Testing

@testable import Tenancy

/// Transactions of a main database in a file share commits, and nothing else.
@Suite(.timeLimit(.minutes(2))) struct GroupCommitTests {
    private struct Undone: Error {}

    private static func note(_ text: String, in database: DatabaseHandle) async throws {
        try await database.execute(
            "INSERT INTO Job (Kind, State, Error, Attempts, Created_Date, Updated_Date) VALUES ('x', 'done', ?, 0, '', '')",
            [.text(text)])
    }

    private func notes(_ main: MainDatabase) async throws -> Set<String> {
        try await main.withDatabase(.read) { database in
            Set(try await database.fetchAll("SELECT Error FROM Job WHERE Kind = 'x'").map { try $0.text("Error") })
        }
    }

    @Test func thoseThatFailLeaveNothingAndTakeNobodyAlong() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let main = system.main
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        do {
                            try await main.transaction { database in
                                try await Self.note("\(number)", in: database)
                                await Task.yield()
                                if number % 3 == 0 { throw Undone() }
                                try await Self.note("\(number) too", in: database)
                            }
                        } catch is Undone {}
                    }
                }
                try await group.waitForAll()
            }
            let kept = (0..<200).filter { $0 % 3 != 0 }
            #expect(try await notes(main) == Set(kept.flatMap { ["\($0)", "\($0) too"] }))
        }
    }

    @Test func oneInsideAnotherIsRefused() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let error = await #expect(throws: TenancyError.self) {
                try await system.main.transaction { try await $0.transaction { _ in } }
            }
            #expect(error?.code == .nestedTransaction)
        }
    }

    @Test func whoIsCancelledLeavesNothingAndOthersGoOn() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let main = system.main
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<100 {
                    group.addTask {
                        let work = Task {
                            try await main.transaction { try await Self.note("\(number)", in: $0) }
                        }
                        if number % 2 == 0 { work.cancel() }
                        let isDone = (try? await work.value) != nil
                        // Whoever is told of a success has it; whoever is not has nothing.
                        let isThere = (try? await notes(main).contains("\(number)")) ?? !isDone
                        #expect(isDone == isThere, "\(number)")
                        if number % 2 == 1 { #expect(isDone, "\(number)") }
                    }
                }
            }
            try await main.transaction { try await Self.note("after", in: $0) }
            #expect(try await notes(main).contains("after"))
        }
    }

    /// A commit that fails is told to everybody who was to share it.
    @Test func aCommitThatFailsIsEverybodysFailure() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let main = system.main
            let path = try #require(main.location.path)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let (ends, end) = AsyncStream.makeStream(of: Void.self)
            let first = Task {
                try await main.transaction { database in
                    try await Self.note("first", in: database)
                    begin.yield()
                    for await _ in ends {}
                }
            }
            for await _ in begun { break }
            let others = (0..<5).map { number in
                Task { try await main.transaction { try await Self.note("\(number)", in: $0) } }
            }
            for _ in 0..<1000 { await Task.yield() }
            // What goes into a file that nobody finds again was not stored.
            try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
            end.finish()
            for task in [first] + others {
                await #expect(throws: TenancyError.self) { try await task.value }
            }
            try FileManager.default.moveItem(atPath: path + ".moved", toPath: path)
            try await main.transaction { try await Self.note("after", in: $0) }
            #expect(try await notes(main).contains("after"))
        }
    }

    /// They all run on one thread; those that it has yet to begin count as waiting.
    @Test func thoseThatAreAboutToBeginShareTheCommit() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let main = system.main
            let path = try #require(main.location.path)
            let thread = try #require(main.thread)
            let deadline = ContinuousClock.now + .seconds(15)
            let (begun, begin) = AsyncStream.makeStream(of: Void.self)
            let before = try commits(in: path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await main.transaction { database in
                        try await Self.note("first", in: database)
                        begin.yield()
                        // Holds the thread until all wait for it.
                        while thread.waitingCount < 200, ContinuousClock.now < deadline { usleep(1000) }
                        #expect(thread.waitingCount == 200)
                    }
                }
                for await _ in begun { break }
                for number in 0..<200 {
                    group.addTask { try await main.transaction { try await Self.note("\(number)", in: $0) } }
                }
                try await group.waitForAll()
            }
            #expect(try await notes(main).count == 201)
            let made = try commits(in: path) - before
            #expect((1...50).contains(made), "\(made) commits for 201 transactions")
        }
    }

    /// How many commits the log beside a file holds. sqlite.org/fileformat2.html#the_write_ahead_log: a header of 32 bytes,
    /// then frames of 24 bytes and a page, of which the last of a commit names the size of the database.
    private func commits(in path: String) throws -> Int {
        guard FileManager.default.fileExists(atPath: path + "-wal") else { return 0 }
        let log = Array(try Data(contentsOf: URL(filePath: path + "-wal")))
        return stride(from: 32, to: log.count, by: 24 + 4096).count { log[$0 + 4..<$0 + 8].contains { $0 != 0 } }
    }

    @Test func bounds() {
        #expect(GroupCommit.maxMembers == 64)
        #expect(GroupCommit.maxWaiting == 10_000)
    }
}
