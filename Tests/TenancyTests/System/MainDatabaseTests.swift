import Logging
import SQLiteEngine
import Synchronization
import Tenancy
import TenancyTesting
import Testing

private final class Count: Sendable {
    let value = Atomic(0)
}

/// The bounds of docs/limits.md on the main database and on what processes tell each other by it.
@Suite(.timeLimit(.minutes(1))) struct MainDatabaseTests {
    @Test(arguments: [true, false]) func connectionsToIt(isNew: Bool) async throws {
        let directory = try TemporaryDirectory()
        let time = ManualTimeSource()
        let location = DatabaseLocation.file(directory.file("main.db"))
        let made = try await MainDatabase.open(
            SQLiteEngine(), at: location, schema: TestSystem.userSchema, time: time)
        let main =
            isNew
            ? made
            : try await MainDatabase.open(
                SQLiteEngine(), at: location, schema: TestSystem.userSchema, .require, time: time)
        let inside = Count()
        let release = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...8 {
                group.addTask {
                    try await main.withDatabase(.read) { _ in
                        inside.value.add(1, ordering: .relaxed)
                        await release.wait()
                    }
                }
            }
            try await eventually("eight are inside") { inside.value.load(ordering: .relaxed) == 8 }
            let ninth = Task { try await main.withDatabase(.read) { _ in } }
            await time.sleepsHaveBegun(1)
            time.advance(by: .milliseconds(9_999))
            #expect(time.sleeperCount == 1, "it waits")
            time.advance(by: .milliseconds(1))
            let error = await #expect(throws: TenancyError.self) { try await ninth.value }
            #expect(error?.code == .poolTimeout)
            release.open()
            try await group.waitForAll()
        }
        await main.close()
        await made.close()
        withExtendedLifetime(directory) {}
    }

    // MARK: Changes

    /// Lends a system with a user, and a feed over it that has had its first look.
    private func withFeed(
        _ body: (TestSystem, ManualTimeSource, UserID, AsyncStream<ChangeFeed.Change>) async throws -> Void
    ) async throws {
        let time = ManualTimeSource()
        // An engine that tells of no changes by itself, and else leaks nothing.
        let engine = LeakyEngine(SQLiteEngine(), leak: (asked: "", opened: ""))
        try await TestSystem.with(engine, time: time) { system in
            let ada = try await system.addUser("ada").id
            let (changes, change) = AsyncStream.makeStream(of: ChangeFeed.Change.self)
            let feed = ChangeFeed(main: system.main, logger: Logger(label: "test")) { change.yield($0) }
            let running = Task {
                try await feed.run()
                change.finish()
            }
            await time.sleepsHaveBegun(1)
            try await body(system, time, ada, changes)
            running.cancel()
            _ = await running.result
        }
    }

    @Test func whatAnotherProcessChangesIsSeenAtTheNextLook() async throws {
        try await withFeed { system, time, ada, changes in
            try await system.manager.suspendUser(ada)
            time.advance(by: .milliseconds(199))
            #expect(time.sleeperCount == 1, "it looks every 200 ms")
            time.advance(by: .milliseconds(1))
            await time.sleepsHaveBegun(2)
            var seen: [ChangeFeed.Change] = []
            for await change in changes {
                seen.append(change)
                if seen.count == 2 { break }
            }
            #expect(seen == [.everything, .user(ada)])
        }
    }

    /// A file tells by itself: nobody has to look again and again.
    @Test func aChangeOfAFileIsHeardAtOnce() async throws {
        let time = ManualTimeSource()
        try await TestSystem.with(SQLiteEngine(), time: time) { system in
            let ada = try await system.addUser("ada").id
            let (changes, change) = AsyncStream.makeStream(of: ChangeFeed.Change.self)
            let feed = ChangeFeed(main: system.main, logger: Logger(label: "test")) { change.yield($0) }
            let running = Task { try await feed.run() }
            var seen: [ChangeFeed.Change] = []
            for await change in changes {
                seen.append(change)
                if seen.count == 2 { break }
                try await system.manager.suspendUser(ada)
            }
            #expect(seen == [.everything, .user(ada)])
            #expect(time.sleeperCount == 0, "no clock was waited for")
            running.cancel()
            _ = await running.result
        }
    }

    @Test func rowsOfTheChangeLogStayForAnHourAndTheNewestForGood() async throws {
        try await withFeed { system, time, ada, _ in
            func rows() async throws -> Int {
                let sql = "SELECT Change_ID FROM Change_Log"
                return try await system.main.withDatabase(.read) { try await $0.fetchAll(sql).count }
            }
            for _ in 1...2 {
                try await system.manager.suspendUser(ada)
                try await system.manager.resumeUser(ada)
            }
            let all = try await rows()
            #expect(all >= 4)
            time.advance(by: .seconds(3600))
            await time.sleepsHaveBegun(2)
            #expect(try await rows() == all, "an hour old")
            time.advance(by: ChangeFeed.interval)
            await time.sleepsHaveBegun(3)
            #expect(try await rows() == 1, "older than that, but for the newest")
        }
    }

    // MARK: Texts

    @Test func longTextsAreCutOff() async throws {
        try await TestSystem.with(SQLiteEngine()) { system in
            let date = system.main.time.wallNow
            for length in [1000, 1001] {
                try await system.main.transaction {
                    try await AuditLog($0).append(
                        "test.entry", actor: nil, userID: nil, detail: String(repeating: "é", count: length),
                        date: date)
                }
            }
            let (entries, check) = try await system.main.withDatabase(.read) {
                (try await AuditLog($0).list(before: nil, limit: 2), try await AuditLog($0).verify())
            }
            #expect(entries.map { $0.detail?.count } == [1000, 1000])
            #expect(check.firstFault == nil)
        }
    }
}
