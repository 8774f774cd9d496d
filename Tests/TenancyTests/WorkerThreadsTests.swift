internal import Foundation
internal import SQLiteEngine
internal import Synchronization
internal import TenancyTesting
internal import Testing

@testable import Tenancy

@Suite("WorkerThreads", .timeLimit(.minutes(1)))
struct WorkerThreadsTests {
    /// What the jobs of a test leave behind.
    private final class Trace: Sendable {
        struct State {
            var order: [Int] = []
            var threads: Set<ObjectIdentifier> = []
            var running = 0
            var mostRunning = 0
        }

        private let state = Lock(State())
        var order: [Int] { state.withLock { $0.order } }
        var threadCount: Int { state.withLock { $0.threads.count } }
        var mostRunning: Int { state.withLock { $0.mostRunning } }

        func enter(_ number: Int) {
            let thread = ObjectIdentifier(Thread.current)
            state.withLock { state in
                state.order.append(number)
                state.threads.insert(thread)
                state.running += 1
                state.mostRunning = max(state.mostRunning, state.running)
            }
        }

        func leave() { state.withLock { $0.running -= 1 } }
    }

    @Test func returnsWhatTheBodyReturns() async throws {
        #expect(try await WorkerThreads(name: "test", maxThreads: 1).run { 42 } == 42)
    }

    @Test func throwsWhatTheBodyThrowsAndGoesOn() async throws {
        let workers = WorkerThreads(name: "test", maxThreads: 1)
        await #expect(throws: CancellationError.self) { try await workers.run { throw CancellationError() } }
        #expect(try await workers.run { 1 } == 1)
    }

    private static func threadName() throws -> String {
        try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// What may hang must not hold up the threads from which it is asked for; what may not need not change threads.
    @Test func aPoolThatIsApartRunsNothingOnOthersThreads() async throws {
        let callers = WorkerThreads(name: "callers", maxThreads: 1)
        let (shared, apart) = (
            WorkerThreads(name: "shared", maxThreads: 1), WorkerThreads(name: "apart", maxThreads: 1, isApart: true)
        )
        let names = try await withTaskExecutorPreference(callers) {
            [
                try await shared.run { try Self.threadName() }, try await apart.run { try Self.threadName() },
                try await withTaskExecutorPreference(apart) { try await apart.run { try Self.threadName() } },
            ]
        }
        #expect(names == ["callers", "apart", "apart"])
    }

    @Test func jobsStartInTheOrderGiven() async throws {
        let workers = WorkerThreads(name: "test", maxThreads: 1)
        let (trace, release) = (Trace(), DispatchSemaphore(value: 0))
        let executor = InlineTaskExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) { try await workers.run { release.wait() } }
            for number in 0..<200 {
                group.addTask(executorPreference: executor) { try await workers.run { trace.enter(number) } }
            }
            #expect(trace.order == [])
            release.signal()
            try await group.waitForAll()
        }
        #expect(trace.order == Array(0..<200))
    }

    @Test(arguments: [1, 2, 4])
    func usesAllThreadsAndNoMore(maxThreads: Int) async throws {
        let workers = WorkerThreads(name: "test", maxThreads: maxThreads)
        let (trace, started, release) = (Trace(), Gate(), DispatchSemaphore(value: 0))
        let executor = InlineTaskExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<(maxThreads * 10) {
                group.addTask(executorPreference: executor) {
                    try await workers.run {
                        trace.enter(number)
                        if trace.order.count >= maxThreads { started.open() }
                        release.wait()
                        trace.leave()
                    }
                }
            }
            await started.wait()
            #expect(trace.order.count == maxThreads)
            for _ in 0..<(maxThreads * 10) { release.signal() }
            try await group.waitForAll()
        }
        #expect(trace.mostRunning == maxThreads)
        #expect(trace.threadCount == maxThreads)
        #expect(trace.order.sorted() == Array(0..<(maxThreads * 10)))
    }

    @Test func losesNoJobAmongManyTasks() async throws {
        let workers = WorkerThreads(name: "test", maxThreads: 3)
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<2000 { group.addTask { try await workers.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 1_999_000)
    }

    /// Starts threads, or says that there is none, and counts them.
    private final class Starter: Sendable {
        private struct State {
            var isAble = true
            var running = 0
            var ended: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Lock(State())

        func refuse() { state.withLock { $0.isAble = false } }

        var start: @Sendable (@escaping @Sendable () -> Void) -> Bool {
            { [self] body in
                let isAble = state.withLock { state in
                    state.running += state.isAble ? 1 : 0
                    return state.isAble
                }
                return isAble
                    && SystemThread.start(name: "test", stackSize: 256 << 10) { [self] in
                        body()
                        end()
                    }
            }
        }

        private func end() {
            let waiting = state.withLock { state in
                state.running -= 1
                guard state.running == 0 else { return [CheckedContinuation<Void, Never>]() }
                defer { state.ended = [] }
                return state.ended
            }
            for continuation in waiting { continuation.resume() }
        }

        func allEnded() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.running > 0 { state.ended.append(continuation) }
                    return state.running == 0
                }
                if isOver { continuation.resume() }
            }
        }
    }

    @Test func theThreadsEndWithTheirOwner() async throws {
        let starter = Starter()
        var workers: WorkerThreads? = WorkerThreads(maxThreads: 2, start: starter.start)
        #expect(try await workers?.run { 1 } == 1)
        workers = nil
        await starter.allEnded()
    }

    @Test func threadsEndWhenTheyHaveHadNothingToDoAndStartAgain() async throws {
        let starter = Starter()
        let workers = WorkerThreads(maxThreads: 2, idleLimit: .milliseconds(1), start: starter.start)
        for number in 0..<20 {
            #expect(try await workers.run { number } == number)
            if number % 5 == 0 { await starter.allEnded() }
        }
        await starter.allEnded()
        #expect(workers.threadCount == 0)
    }

    /// How many threads of this process have the name, as the system lists them.
    private func threadCount(named name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count { task in
            // A thread may end between the list and this.
            let found = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
            return found == name + "\n"
        }
    }

    @Test(.timeLimit(.minutes(1))) func noThreadIsLeftAfterShuttingDown() async throws {
        let name = "gone\(UInt32.random(in: 0...99_999_999))"
        let workers = WorkerThreads(name: name, maxThreads: 4)
        let release = DispatchSemaphore(value: 0)
        let executor = InlineTaskExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask(executorPreference: executor) { try await workers.run { release.wait() } } }
            try await eventually("four threads work") { try threadCount(named: name) == 4 }
            workers.shutDown()
            #expect(try threadCount(named: name) == 4, "what runs may finish")
            for _ in 0..<4 { release.signal() }
            try await group.waitForAll()
        }
        try await eventually("all have ended") { try threadCount(named: name) == 0 }
        #expect(await Task(executorPreference: workers) { 1 }.value == 1, "a task goes on elsewhere")
    }

    @Test func closingTheMainDatabaseEndsItsThread() async throws {
        let directory = try TemporaryDirectory()
        let main = try await MainDatabase.open(
            SQLiteEngine(), at: .file(directory.file("main.db")), schema: Schema(MainSchema.all))
        try await main.transaction { _ in }
        let thread = try #require(main.thread)
        #expect(thread.threadCount == 1)
        await main.close()
        try await eventually("it has ended") { thread.threadCount == 0 }
        #expect(await code { try await main.transaction { _ in } } == .shuttingDown)
    }

    @Test func aPoolThatIsShutDownRefusesWhatWaitsAndWhatComes() async throws {
        let workers = WorkerThreads(name: "test", maxThreads: 1)
        let (started, release) = (Gate(), DispatchSemaphore(value: 0))
        let executor = InlineTaskExecutor()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: executor) {
                try await workers.run {
                    started.open()
                    release.wait()
                }
            }
            await started.wait()
            group.addTask(executorPreference: executor) {
                let error = await #expect(throws: TenancyError.self) { try await workers.run {} }
                #expect(error?.code == .shuttingDown)
            }
            workers.shutDown()
            let error = await #expect(throws: TenancyError.self) { try await workers.run {} }
            #expect(error?.code == .shuttingDown)
            release.signal()
            try await group.waitForAll()
        }
    }

    @Test func whereNoThreadCanBeStartedCallsFailAndTasksGoOn() async throws {
        let starter = Starter()
        starter.refuse()
        let workers = WorkerThreads(maxThreads: 2, isApart: true, start: starter.start)
        let error = await #expect(throws: TenancyError.self) { try await workers.run {} }
        #expect(error?.code == .overloaded)
        await withTaskExecutorPreference(workers) {
            let error = await #expect(throws: TenancyError.self) { try await workers.run {} }
            #expect(error?.code == .overloaded)
        }
        #expect(workers.threadCount == 0)
    }

    @Test func whereAFurtherThreadCannotBeStartedTheOthersDoTheWork() async throws {
        let starter = Starter()
        let workers = WorkerThreads(maxThreads: 8, start: starter.start)
        #expect(try await workers.run { 0 } == 0)
        starter.refuse()
        let sum = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<200 { group.addTask { try await workers.run { number } } }
            return try await group.reduce(0, +)
        }
        #expect(sum == 19_900)
        #expect(workers.threadCount == 1)
    }
}
