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
    private let niceness: Int32
    private let state = Lock(State())

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maxThreads: the most threads; more jobs than that wait their turn.
    ///   - niceness: by how much they stand back for other threads, from 0 to 19, as nice(2) has it.
    public init(name: String, maxThreads: Int, niceness: Int = 0) {
        precondition(maxThreads > 0 && (0...19).contains(niceness))
        self.niceness = Int32(niceness)
        self.name = name
        self.maxThreads = maxThreads
    }

    /// Runs a blocking call on one of the threads and returns what it returned.
    ///
    /// Not cut short by cancellation: the body must watch for that itself.
    ///
    /// Called on such a thread, of whatever pool, as by a task that prefers it, it runs there at once.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        if Self.isWorker.value != nil { return try body() }
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

    /// Set on threads that may block.
    private static let isWorker = ThreadLocal()

    private func startThread() {
        let thread = Thread { [self] in
            Self.isWorker.value = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
            Self.nameCurrentThread(name)
            // On Linux each thread has its own; where it cannot be set the threads work at the usual one.
            if niceness > 0 { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
            work()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Gives the thread its name in ps and top, where the kernel lets it (15 bytes are kept).
    private static func nameCurrentThread(_ name: String) {
        let descriptor = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let bytes = Array(name.utf8)
        _ = write(descriptor, bytes, bytes.count)
        close(descriptor)
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
