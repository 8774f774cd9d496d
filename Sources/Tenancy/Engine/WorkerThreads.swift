internal import Foundation
internal import Synchronization

/// Threads on which an engine's blocking calls run, so that Swift's cooperative pool never blocks.
///
/// Jobs start in the order in which they were given. Threads are started as they are needed, up to the bound. A thread
/// ends when it has had nothing to do for ``idleLimit``, and all of them end with their owner.
public final class WorkerThreads: Sendable {
    /// How long a thread that has nothing to do is kept.
    public static let idleLimit: Duration = .seconds(30)

    private let isApart: Bool
    private let crew: ThreadCrew

    /// - Parameters:
    ///   - name: what the threads are called in a debugger.
    ///   - maxThreads: the most threads; more jobs than that wait their turn.
    ///   - niceness: by how much they stand back for other threads, from 0 to 19, see nice(2).
    ///   - isApart: whether calls run on these threads alone, also where they are asked for on another pool's: for what may
    ///     hang, so that it holds up nobody else.
    public convenience init(name: String, maxThreads: Int, niceness: Int = 0, isApart: Bool = false) {
        precondition((0...19).contains(niceness))
        self.init(maxThreads: maxThreads, isApart: isApart) { body in
            SystemThread.start(name: name, stackSize: 1 << 20, niceness: Int32(niceness), body)
        }
    }

    /// - Parameter start: starts a thread that runs the body; false if the system has none left.
    init(
        maxThreads: Int, isApart: Bool = false, idleLimit: Duration = WorkerThreads.idleLimit,
        start: @escaping ThreadCrew.Starter
    ) {
        precondition(maxThreads > 0)
        self.isApart = isApart
        crew = ThreadCrew(maxThreads: maxThreads, idleLimit: idleLimit, start: start)
    }

    deinit { crew.end() }

    /// How many threads there are now.
    package var threadCount: Int { crew.threadCount }

    /// Refuses calls from now on, those that wait for a thread among them, with `shuttingDown`. Calls that have begun end by
    /// themselves, and the threads with them. Happens by itself when nobody holds the pool any more.
    public func shutDown() { crew.end() }

    /// Runs a blocking call on one of the threads and returns what it returned.
    ///
    /// Not cut short by cancellation: the body must watch for that itself.
    ///
    /// Called on such a thread, as by a task that prefers it, it runs there at once; on one of another pool too, unless
    /// this one is apart.
    /// - Throws: what the body throws; ``TenancyError`` `overloaded` where the system starts no more threads, `shuttingDown`.
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

    /// Runs a blocking call on one of the threads and does not wait for it.
    /// - Parameter job: called once, at once where there is no thread for it.
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

/// Tasks that prefer these threads run on them between their waits, and may block there.
extension WorkerThreads: TaskExecutor {
    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The pool lives until the job has run: the job refers to it without holding it.
        submit { [self] fate in
            // A task cannot be refused. Where there is no thread for it, it goes on where every other task does, and what
            // must not block there is refused by `run`.
            guard case .run = fate else { return globalConcurrentExecutor.enqueue(job) }
            withExtendedLifetime(self) { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }
}
