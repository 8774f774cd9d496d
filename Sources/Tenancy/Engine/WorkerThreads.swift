internal import DequeModule
internal import Foundation
internal import Synchronization

/// Threads on which an engine's blocking calls run, so that Swift's cooperative pool never blocks.
///
/// Jobs start in the order in which they were given. Threads are started as they are needed, up to the bound, and kept.
public final class WorkerThreads: Sendable {
    private typealias Job = @Sendable () -> Void

    /// A thread that has nothing to do, and what it is given.
    private final class Seat: Sendable {
        private let given = DispatchSemaphore(value: 0)
        private let job = Lock<Job?>(nil)

        func give(_ job: @escaping Job) {
            self.job.withLock { $0 = job }
            given.signal()
        }

        func wait() -> Job? {
            given.wait()
            return job.withLock { job in
                defer { job = nil }
                return job
            }
        }
    }

    private struct State {
        /// What waits while every thread is busy.
        var jobs: Deque<Job> = []
        /// The threads that have nothing to do, the one idle for the shortest time last.
        var idle: [Seat] = []
        var threadCount = 0
    }

    private let name: String
    private let maxThreads: Int
    private let niceness: Int32
    private let isApart: Bool
    private let state = Lock(State())

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maxThreads: the most threads; more jobs than that wait their turn.
    ///   - niceness: by how much they stand back for other threads, from 0 to 19, as nice(2) has it.
    ///   - isApart: whether calls run on these threads alone, also where they are asked for on another pool's: for what may
    ///     hang, so that it holds up nobody else.
    public init(name: String, maxThreads: Int, niceness: Int = 0, isApart: Bool = false) {
        precondition(maxThreads > 0 && (0...19).contains(niceness))
        self.niceness = Int32(niceness)
        self.name = name
        self.maxThreads = maxThreads
        self.isApart = isApart
    }

    /// Runs a blocking call on one of the threads and returns what it returned.
    ///
    /// Not cut short by cancellation: the body must watch for that itself.
    ///
    /// Called on such a thread, as by a task that prefers it, it runs there at once; on one of another pool too, unless
    /// this one is apart.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        if let pool = Self.pool.value, !isApart || pool == identity { return try body() }
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

    /// Runs a blocking call on one of the threads and does not wait for it.
    func submit(_ job: @escaping @Sendable () -> Void) {
        let (seat, mustStart) = state.withLock { state -> (Seat?, Bool) in
            if let seat = state.idle.popLast() { return (seat, false) }
            state.jobs.append(job)
            guard state.threadCount < maxThreads else { return (nil, false) }
            state.threadCount += 1
            return (nil, true)
        }
        // Given to the thread itself, which needs the lock of all no more.
        seat?.give(job)
        if mustStart { startThread() }
    }

    /// The pool of a thread that may block.
    private static let pool = ThreadLocal()

    private var identity: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    private func startThread() {
        let thread = Thread { [self] in
            Self.pool.value = identity
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
        let seat = Seat()
        while true {
            let next = state.withLock { state -> Job? in
                if let job = state.jobs.popFirst() { return job }
                state.idle.append(seat)
                return nil
            }
            if let job = next ?? seat.wait() { job() }
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
