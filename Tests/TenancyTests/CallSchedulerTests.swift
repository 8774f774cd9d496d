import Foundation
import Synchronization
import Tenancy
import TenancyTesting
import Testing

/// What happens to a call that runs too long, and how many run at a time.
@Suite("CallScheduler and ServerThreads", .timeLimit(.minutes(1))) struct CallSchedulerTests {
    /// A clock that a test moves, and that counts how often it is looked at.
    private final class CountedClock: TimeSource {
        private let time = ManualTimeSource()
        private let looks = Atomic(0)

        var monotonicNow: Duration {
            looks.add(1, ordering: .acquiringAndReleasing)
            return time.monotonicNow
        }

        var wallNow: Timestamp { time.wallNow }
        func sleep(for duration: Duration) async throws { try await time.sleep(for: duration) }
        func advance(by duration: Duration) { time.advance(by: duration) }

        /// Returns when the watch has looked at all its deadlines since this was called.
        func isLookedAt() async throws {
            let before = looks.load(ordering: .acquiring)
            // The second look begins after what followed from the first.
            try await eventually("the watch looks at its deadlines") { looks.load(ordering: .acquiring) >= before + 2 }
        }
    }

    private let clock = CountedClock()

    private func calls(
        stop: @escaping @Sendable () -> Void, breakOff: @escaping @Sendable () -> Void
    ) -> CallScheduler {
        let location = DatabaseLocation(engine: .postgresql, host: "db")
        return CallScheduler(
            threads: ServerThreads(name: "test", maxThreads: 1).threads(for: location),
            watch: DeadlineTimer(time: clock), time: clock, stop: stop, breakOff: breakOff)
    }

    @Test func aStatementThatDoesNotEndCostsTheConnection() async throws {
        let (running, run) = AsyncStream.makeStream(of: Void.self)
        let stops = Atomic(0)
        let isBroken = DispatchSemaphore(value: 0)
        defer { isBroken.signal() }
        let stop: @Sendable () -> Void = { stops.add(1, ordering: .relaxed) }
        let calls = calls(stop: stop, breakOff: { isBroken.signal() })
        let call = Task {
            try await calls.run(limit: .seconds(1)) { () throws -> Void in
                run.yield()
                isBroken.wait()
                throw TenancyError(.connectionFailed, "broken off")
            }
        }
        for await _ in running { break }
        clock.advance(by: .seconds(1))
        try await eventually("the server is told to end the statement") { stops.load(ordering: .relaxed) > 0 }
        clock.advance(by: .milliseconds(2_999))
        try await clock.isLookedAt()
        #expect(!calls.isBroken)
        clock.advance(by: .milliseconds(1))
        let error = try await #require(throws: TenancyError.self) {
            try await call.value("the connection is broken off")
        }
        #expect(error.code == .deadlineExceeded)
        #expect(calls.isBroken)
        let next = await #expect(throws: TenancyError.self) { try await calls.run(limit: .seconds(1)) {} }
        #expect(next?.code == .connectionFailed)
    }

    /// The control: a statement that the server ends in time costs nothing.
    @Test func aStatementThatEndsWhenItIsStoppedCostsNoConnection() async throws {
        let (running, run) = AsyncStream.makeStream(of: Void.self)
        let isStopped = DispatchSemaphore(value: 0)
        defer { isStopped.signal() }
        let stops = Atomic(0)
        let stop: @Sendable () -> Void = {
            stops.add(1, ordering: .relaxed)
            isStopped.signal()
        }
        let calls = calls(stop: stop, breakOff: {})
        let call = Task {
            try await calls.run(limit: .seconds(1)) { () throws -> Void in
                run.yield()
                isStopped.wait()
                throw TenancyError(.invalidStatement, "stopped")
            }
        }
        for await _ in running { break }
        clock.advance(by: .milliseconds(999))
        try await clock.isLookedAt()
        #expect(stops.load(ordering: .relaxed) == 0)
        clock.advance(by: .milliseconds(1))
        let error = try await #require(throws: TenancyError.self) { try await call.value("the statement is stopped") }
        #expect(error.code == .deadlineExceeded)
        clock.advance(by: .seconds(10))
        #expect(try await calls.run(limit: .seconds(1)) { 1 } == 1)
        #expect(!calls.isBroken)
    }

    // MARK: Threads

    private final class Trace: Sendable {
        private let threads = Lock<Set<ObjectIdentifier>>([])
        var threadCount: Int { threads.withLock { $0.count } }
        func enter() {
            let thread = ObjectIdentifier(Thread.current)
            threads.withLock { _ = $0.insert(thread) }
        }
    }

    @Test func callsToOneServerShareItsThreadsAndOthersHaveTheirOwn() async throws {
        let threads = ServerThreads(name: "test", maxThreads: 2)
        let databases = ["a", "b"].map { name in
            threads.threads(for: DatabaseLocation(engine: .postgresql, host: "crowded", name: name)).calls
        }
        let other = threads.threads(for: DatabaseLocation(engine: .postgresql, host: "other", name: "a")).calls
        let (trace, release, executor) = (Trace(), DispatchSemaphore(value: 0), InlineTaskExecutor())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<6 {
                group.addTask(executorPreference: executor) {
                    try await databases[number % 2].run {
                        trace.enter()
                        release.wait()
                    }
                }
            }
            while trace.threadCount < 2 { await Task.yield() }
            #expect(try await other.run { 1 } == 1, "another server's calls do not wait")
            for _ in 0..<6 { release.signal() }
            try await group.waitForAll()
        }
        #expect(trace.threadCount == 2)
    }
}
