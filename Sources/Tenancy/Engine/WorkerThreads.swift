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
    ///
    /// Called on one of the threads, as by a task whose executor this is, it runs there at once.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        if isCurrent { return try body() }
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

    private static let current = ThreadLocal()

    /// Whether the calling thread is one of these.
    private var isCurrent: Bool { Self.current.value == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    private func startThread() {
        let thread = Thread { [self] in
            Self.current.value = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
            work()
        }
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

/// Tasks that prefer these threads run on them between their waits, and may block there.
extension WorkerThreads: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        submit { job.runSynchronously(on: executor) }
    }
}

/// A pointer of each thread's own.
private struct ThreadLocal: Sendable {
    private let key: pthread_key_t

    init() {
        var key = pthread_key_t()
        guard pthread_key_create(&key, nil) == 0 else { preconditionFailure("the process has no thread keys left") }
        self.key = key
    }

    var value: UnsafeRawPointer? {
        get { UnsafeRawPointer(pthread_getspecific(key)) }
        nonmutating set { pthread_setspecific(key, newValue) }
    }
}
