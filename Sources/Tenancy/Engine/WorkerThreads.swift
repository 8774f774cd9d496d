internal import DequeModule
internal import Foundation
internal import Synchronization

/// Threads on which an engine's blocking calls run, so that Swift's cooperative pool never blocks.
///
/// Jobs start in the order in which they were given. Threads are started as they are needed, up to the bound, and kept.
public final class WorkerThreads: Sendable {
    private struct State {
        var jobs: Deque<@Sendable () -> Void> = []
        /// The threads that have nothing to do, the one idle for the shortest time last.
        var idle: [DispatchSemaphore] = []
        var threadCount = 0
    }

    private let name: String
    private let maxThreads: Int
    private let state = Lock(State())

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maxThreads: the most threads; more jobs than that wait their turn.
    public init(name: String, maxThreads: Int) {
        precondition(maxThreads > 0)
        self.name = name
        self.maxThreads = maxThreads
    }

    /// Runs a blocking call on one of the threads and returns what it returned.
    ///
    /// Not cut short by cancellation: the body must watch for that itself.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        let handover = Handover()
        defer { handover.pass() }
        return try await withCheckedThrowingContinuation { continuation in
            submit {
                let result = Swift.Result { try body() }
                handover.pass()
                continuation.resume(with: result)
            }
        }
    }

    private enum Wake {
        case thread(DispatchSemaphore)
        case newThread
        case none
    }

    /// Runs a blocking call on one of the threads and does not wait for it.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let wake = state.withLock { state -> Wake in
            state.jobs.append(job)
            if let idle = state.idle.popLast() { return .thread(idle) }
            guard state.threadCount < maxThreads else { return .none }
            state.threadCount += 1
            return .newThread
        }
        switch wake {
        case .thread(let semaphore): semaphore.signal()
        case .newThread: startThread()
        case .none: break
        }
    }

    private func startThread() {
        let thread = Thread { [self] in work() }
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    private func work() {
        let semaphore = DispatchSemaphore(value: 0)
        while true {
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                if let job = state.jobs.popFirst() { return job }
                state.idle.append(semaphore)
                return nil
            }
            if let job { job() } else { semaphore.wait() }
        }
    }
}
