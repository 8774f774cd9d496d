import Foundation
import Synchronization
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// What one user takes is bounded, and others do not notice.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct UserLimitTests {
    private struct Refused: Error {}

    /// A thief has the turns of the stolen session, and the owner those of another one.
    @Test func aSessionsTurnsAreItsOwn() async throws {
        var limits = UserLimits()
        limits.concurrentRequests = 1
        let throttle = UserConcurrencyLimiter(limits: limits, time: SystemTimeSource())
        try await throttle.admit(.user(1)) {
            try await throttle.admit(.session(1, of: 1)) {
                await #expect(throws: Problem.self) { try await throttle.admit(.session(1, of: 1)) {} }
                try await throttle.admit(.session(2, of: 1)) {}
            }
        }
    }

    private final class Order: Sendable {
        let sessions = Lock<[Int64]>([])
        let waited = Lock(0)
    }

    /// A thief with many sessions delays the owner's by one request of each.
    @Test func theSessionsOfAUserTakeTurns() async throws {
        #expect(UserLimits().urgentRequests == 4)
        var limits = UserLimits()
        limits.urgentRequests = 1
        let throttle = UserConcurrencyLimiter(limits: limits, time: SystemTimeSource())
        let order = Order()
        let executor = InlineExecutor()
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for session: Int64 in [1, 1, 2, 2, 3, 3, 9] {
                group.addTask(executorPreference: executor) {
                    try await throttle.admit(
                        .session(session, of: 1), afterWaiting: { order.waited.withLock { $0 += 1 } },
                        {
                            let isFirst = order.sessions.withLock { sessions in
                                sessions.append(session)
                                return sessions.count == 1
                            }
                            if isFirst { for await _ in released { break } }
                        })
                }
            }
            try await throttle.admit(.user(1)) {}
            try await throttle.admit(.session(1, of: 2)) {}
            #expect(order.sessions.withLock { $0 } == [1])
            release.yield()
            try await group.waitForAll()
        }
        #expect(order.sessions.withLock { $0 } == [1, 1, 2, 3, 9, 2, 3])
        #expect(order.waited.withLock { $0 } == 6)
    }

    @Test func oneRequestMoreThanAllowedAtATimeIsRefused() async throws {
        var limits = UserLimits()
        limits.concurrentRequests = 2
        let throttle = UserConcurrencyLimiter(limits: limits, time: SystemTimeSource())
        for _ in 1...3 {
            try await throttle.admit(.user(1)) {
                try await throttle.admit(.user(1)) {
                    let problem = await #expect(throws: Problem.self) { try await throttle.admit(.user(1)) {} }
                    #expect(problem?.code == "too_many_requests")
                    #expect(problem?.retryAfter == 1)
                    try await throttle.admit(.user(2)) {}
                }
            }
        }
        // One that fails gives its place back too.
        for _ in 1...5 {
            await #expect(throws: Refused.self) { try await throttle.admit(.user(1)) { throw Refused() } }
        }
        try await throttle.admit(.user(1)) {}
    }

    @Test func requestsOfOneUserTakeTurnsAndThoseOfOthersDoNotWaitForThem() async throws {
        var limits = UserLimits()
        limits.parallelRequests = 2
        let throttle = UserConcurrencyLimiter(limits: limits, time: SystemTimeSource())
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        let inside = Crowd()
        defer { end.finish() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<20 {
                group.addTask {
                    try await throttle.admit(.user(1)) {
                        await inside.enter()
                        // The first two stay until another user was served.
                        if number < 2 { for await _ in ends {} }
                        await Task.yield()
                        await inside.leave()
                    }
                }
                try await eventually("the first two are inside") { await inside.entered >= min(number + 1, 2) }
            }
            for _ in 0..<100 { await Task.yield() }
            await #expect(inside.entered == 2)
            await #expect(throws: Never.self) { try await throttle.admit(.user(2)) {} }
            end.finish()
            try await group.waitForAll()
        }
        await #expect(inside.entered == 20)
        await #expect(inside.most == 2)
    }

    /// A cancelled request leaves the line at once, and neither its place nor a turn is lost.
    @Test func whoIsCancelledLeavesTheLine() async throws {
        var limits = UserLimits()
        (limits.parallelRequests, limits.concurrentRequests) = (1, 3)
        let throttle = UserConcurrencyLimiter(limits: limits, time: SystemTimeSource())
        let line = BoundedLine(refusal: "too_many_requests") { try await throttle.admit(.user(1)) {} }
        try await throttle.admit(.user(1)) { try await line.losesNobodysPlace(filledBy: 2) }
        for _ in 1...5 { try await throttle.admit(.user(1)) {} }
    }

    /// The name of the thread that runs this.
    private static func thread() -> String {
        (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8))?.trimmingCharacters(in: .newlines)
            ?? ""
    }

    @Test func whoHasTakenAShareStandsBackWhileOthersAsk() async throws {
        let time = ManualTimeSource()
        let throttle = UserConcurrencyLimiter(limits: UserLimits(), time: time)
        func standsBack(_ user: UserID, taking duration: Duration = .zero, isReading: Bool = true) async throws -> Bool
        {
            try await throttle.admit(.user(user), isReading: isReading) {
                time.advance(by: duration)
                return Self.thread() == "patient"
            }
        }
        #expect(try await !standsBack(1, taking: .microseconds(301)))
        #expect(try await !standsBack(1), "alone")
        #expect(try await !standsBack(2))
        #expect(try await standsBack(1), "in company")
        #expect(try await !standsBack(2), "the others do not")
        time.advance(by: .milliseconds(11))
        #expect(try await !standsBack(1, taking: .microseconds(300)), "a new window")
        #expect(try await !standsBack(1, taking: .milliseconds(5), isReading: false), "no more than the share")
        #expect(try await !standsBack(1, taking: .microseconds(1)), "waiting for the disk is no work")
        #expect(try await standsBack(1))
        time.advance(by: .milliseconds(100))
        #expect(try await !standsBack(1, taking: .milliseconds(1)))
        #expect(try await !standsBack(1), "alone again")
    }

    /// However a request is counted, its work is its user's.
    @Test func theWorkOfUrgentRequestsIsTheirUsers() async throws {
        let time = ManualTimeSource()
        let throttle = UserConcurrencyLimiter(limits: UserLimits(), time: time)
        func standsBack(_ requester: UserConcurrencyLimiter.Requester) async throws -> Bool {
            try await throttle.admit(requester) { Self.thread() == "patient" }
        }
        #expect(try await !standsBack(.user(2)))
        try await throttle.admit(.session(1, of: 1)) { time.advance(by: .microseconds(301)) }
        #expect(try await !standsBack(.session(3, of: 2)))
        #expect(try await standsBack(.session(2, of: 1)), "another session of the same user")
        #expect(try await standsBack(.user(1)))
        #expect(try await !standsBack(.user(2)))
    }

    @Test func requestsBeyondTheRateAreRefusedUntilTimeHasPassed() async throws {
        var limits = UserLimits()
        limits.requestsPerSecond = 5
        let time = ManualTimeSource()
        let throttle = UserConcurrencyLimiter(limits: limits, time: time)
        for _ in 1...10 { try await throttle.admit(.user(1)) {} }
        await #expect(throws: Problem.self) { try await throttle.admit(.user(1)) {} }
        try await throttle.admit(.user(2)) {}
        time.advance(by: .milliseconds(200))
        try await throttle.admit(.user(1)) {}
        await #expect(throws: Problem.self) { try await throttle.admit(.user(1)) {} }
        time.advance(by: .seconds(3600))
        for _ in 1...10 { try await throttle.admit(.user(1)) {} }
        await #expect(throws: Problem.self) { try await throttle.admit(.user(1)) {} }
    }

    @Test func aRefusedRequestIsToldWhenToTryAgain() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_USER_RATE": "1"]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            var statuses: [Int] = []
            var refused: TestClient.Answer?
            for _ in 1...6 {
                let answer = try await ada.get("/api/tasks")
                statuses.append(answer.status)
                if answer.status == 429 { refused = answer }
            }
            #expect(statuses.prefix(2) == [200, 200])
            #expect(statuses.contains(429))
            #expect(refused?.code == "too_many_requests")
            #expect(refused?.header("Retry-After") == "1")
            #expect(try await bob.get("/api/tasks").status == 200)
        }
    }

    @Test(arguments: TestPlace.all) func aFullDatabaseTakesNothingMoreAndStaysReadable(place: TestPlace) async throws {
        let environment = ["UNIFY_USER_DATABASE_MB": place.server == nil ? "1" : "100"]
        try await TestServer.withServer(on: [place], environment: environment) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            #expect(try await database(of: ada)["nearly_full"] as? Bool == false)
            guard place.server == nil else {
                // A server's databases are measured every few minutes: the bound is seen in what the user is told.
                #expect(try await database(of: ada)["max_bytes"] as? Int == 100 * 1024 * 1024)
                return
            }
            let body = String(repeating: "x", count: 200_000)
            var refused: TestClient.Answer?
            // The size that was measured counts for a second.
            try await eventually("the database is full") {
                let answer = try await ada.post("/api/notes", ["title": "large", "body": body])
                if answer.status != 201 { refused = answer }
                return refused != nil
            }
            #expect(refused?.status == 507)
            #expect(refused?.code == "database_full")
            #expect(try await database(of: ada)["nearly_full"] as? Bool == true)
            let notes = try await ada.get("/api/notes").json["items"] as? [[String: Any]]
            let id = try #require(notes?.first?["id"] as? Int)
            #expect(try await ada.send("PATCH", "/api/notes/\(id)", json: ["title": "larger"]).status == 507)
            #expect(try await ada.send("DELETE", "/api/notes/\(id)").status == 204)
            #expect(try await bob.post("/api/notes", ["title": "small", "body": "x"]).status == 201)
        }
    }

    private func database(of client: TestClient) async throws -> [String: Any] {
        try await client.get("/api/me").json["database"] as? [String: Any] ?? [:]
    }
}
