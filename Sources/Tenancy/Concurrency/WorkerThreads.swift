internal import Foundation
internal import Synchronization

/// Threads for an engine's blocking calls, so that Swift's cooperative pool never blocks.
///
/// Jobs start in the order of submission. Threads are started on demand, up to the bound. A thread ends after it has
/// been idle for ``idleLimit``, and all of them end with their owner.
public final class WorkerThreads: Sendable {
    /// How long an idle thread is kept.
    public static let idleLimit: Duration = .seconds(30)

    private let isApart: Bool
    private let crew: ThreadCrew

    /// - Parameters:
    ///   - name: the threads' name in a debugger.
    ///   - maxThreads: the most threads; further jobs wait.
    ///   - niceness: the threads' niceness, from 0 to 19, see nice(2).
    ///   - isApart: whether calls run on these threads even if made from another pool's thread. For calls that may
    ///     hang, so that they delay nothing else.
    public convenience init(name: String, maxThreads: Int, niceness: Int = 0, isApart: Bool = false) {
        precondition((0...19).contains(niceness))
        self.init(maxThreads: maxThreads, isApart: isApart) { body in
            SystemThread.start(name: name, stackSize: 1 << 20, niceness: Int32(niceness), body)
        }
    }

    /// - Parameter start: starts a thread that runs the body; returns false if the system has none left.
    init(
        maxThreads: Int, isApart: Bool = false, idleLimit: Duration = WorkerThreads.idleLimit,
        start: @escaping ThreadCrew.Starter
    ) {
        precondition(maxThreads > 0)
        self.isApart = isApart
        crew = ThreadCrew(maxThreads: maxThreads, idleLimit: idleLimit, start: start)
    }

    deinit { crew.end() }

    /// The current number of threads.
    package var threadCount: Int { crew.threadCount }

    /// How many jobs wait for a thread.
    var waitingCount: Int { crew.waitingCount }

    /// Refuses waiting and later calls with `shuttingDown`. Running calls finish, and the threads end with them. Tasks that
    /// prefer these threads go on elsewhere. Also happens when the pool is released.
    public func shutDown() { crew.end() }

    /// Runs a blocking call on one of the threads and returns its result.
    ///
    /// Cancellation does not interrupt the call; the body must check for it.
    ///
    /// If the current thread is one of the pool's, or of another pool and this one is not apart, the body runs on it
    /// at once.
    /// - Throws: what the body throws; ``TenancyError`` `overloaded` if the system cannot start a thread,
    ///   `shuttingDown`.
    public func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        if crew.mayRunHere(isApart: isApart) { return try body() }
        let handover = Handover()
        defer { handover.pass() }
        return try await withCheckedThrowingContinuation { continuation in
            submit { fate in
                let result = Swift.Result<Result, any Error> {
                    if let error = Self.refusal(fate) { throw error }
                    return try body()
                }
                handover.pass()
                continuation.resume(with: result)
            }
        }
    }

    /// Runs a blocking call on one of the threads without waiting for it.
    /// - Parameter job: called exactly once; at once if there is no thread for it.
    func submit(_ job: @escaping ThreadCrew.Job) { crew.submit(job) }

    private static func refusal(_ fate: ThreadCrew.Fate) -> TenancyError? {
        switch fate {
        case .run: nil
        case .noThread:
            TenancyError(
                .overloaded,
                "The system starts no more threads for this process. Raise its limit of threads (ulimit -u).")
        case .ended: TenancyError(.shuttingDown, "The databases are being closed.")
        }
    }
}

/// Tasks that prefer these threads run on them, and may block there.
extension WorkerThreads: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The pool lives until the job has run: the job refers to it without retaining it.
        submit { [self] fate in
            // A task cannot be refused. Without a thread for it, it continues on the default executor, where `run`
            // refuses what must not block.
            guard case .run = fate else { return globalConcurrentExecutor.enqueue(job) }
            withExtendedLifetime(self) { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
