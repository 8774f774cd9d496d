internal import DequeModule
internal import Foundation
internal import Synchronization

/// The threads of a ``WorkerThreads`` and the jobs that wait for them. The threads retain the crew, never its owner,
/// so that an owner that is released can end them.
final class ThreadCrew: Sendable {
    /// Whether a job can run.
    enum Fate {
        /// It runs now, on a thread of the crew.
        case run
        /// There is no thread for it, and none could be started.
        case noThread
        /// The crew has been ended.
        case ended
    }

    typealias Job = @Sendable (Fate) -> Void
    typealias Starter = @Sendable (_ body: @escaping @Sendable () -> Void) -> Bool

    /// An idle thread, and the job it is given.
    private final class IdleThread: Sendable {
        private let given = DispatchSemaphore(value: 0)
        private let job = Lock<Job?>(nil)

        func give(_ job: Job?) {
            self.job.withLock { $0 = job }
            given.signal()
        }

        /// - Returns: false if no job was given within the limit.
        func wait(upTo limit: DispatchTime) -> Bool { given.wait(timeout: limit) == .success }

        func take() -> Job? {
            job.withLock { job in
                defer { job = nil }
                return job
            }
        }
    }

    private struct State {
        /// Jobs that wait because every thread is busy.
        var jobs: Deque<Job> = []
        /// Idle threads, the most recently used last.
        var idle: [IdleThread] = []
        var threadCount = 0
        var hasEnded = false
    }

    /// The crew of the current thread, which may block.
    private static let current = ThreadLocal()

    private let maxThreads: Int
    private let idleLimit: DispatchTimeInterval
    private let start: Starter
    private let state = Lock(State())

    /// - Parameter start: starts a thread that runs the body; returns false if the system has none left.
    init(maxThreads: Int, idleLimit: Duration, start: @escaping Starter) {
        self.maxThreads = maxThreads
        self.idleLimit = .milliseconds(Int(idleLimit / .milliseconds(1)))
        self.start = start
    }

    /// The current number of threads.
    var threadCount: Int { state.withLock { $0.threadCount } }

    /// How many jobs wait for a thread.
    var waitingCount: Int { state.withLock { $0.jobs.count } }

    /// Submits a job. It is called exactly once, possibly at once if it cannot run.
    func submit(_ job: @escaping Job) {
        let (thread, mustStart, hasEnded) = state.withLock { state -> (IdleThread?, Bool, Bool) in
            guard !state.hasEnded else { return (nil, false, true) }
            if let thread = state.idle.popLast() { return (thread, false, false) }
            state.jobs.append(job)
            guard state.threadCount < maxThreads else { return (nil, false, false) }
            state.threadCount += 1
            return (nil, true, false)
        }
        if hasEnded { return job(.ended) }
        // Given to the thread directly, without the shared lock.
        thread?.give(job)
        if mustStart, !start({ [self] in work() }) { refuseWhatNobodyRuns() }
    }

    /// Refuses waiting and later jobs, and ends each thread after its current job.
    func end() {
        let (idle, jobs) = state.withLock { state -> ([IdleThread], Deque<Job>) in
            defer {
                state.idle = []
                state.jobs = []
            }
            state.hasEnded = true
            return (state.idle, state.jobs)
        }
        for thread in idle { thread.give(nil) }
        for job in jobs { job(.ended) }
    }

    /// Refuses the waiting jobs after a thread could not be started, unless other threads can run them.
    private func refuseWhatNobodyRuns() {
        let refused = state.withLock { state -> Deque<Job> in
            state.threadCount -= 1
            guard state.threadCount == 0 else { return [] }
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in refused { job(.noThread) }
    }

    /// Whether a call to this crew may run on the current thread: one of the crew's own, or one of another crew
    /// unless this crew keeps apart.
    func mayRunHere(isApart: Bool) -> Bool {
        guard let current = Self.current.value else { return false }
        return !isApart || current == identity
    }

    private var identity: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    private func work() {
        // The crew outlives its threads, each of which retains it.
        Self.current.value = identity
        let thread = IdleThread()
        while let job = nextJob(thread) { job(.run) }
    }

    /// - Returns: nil if the thread should end; it is no longer counted then.
    private func nextJob(_ thread: IdleThread) -> Job? {
        let (waiting, mustEnd) = state.withLock { state -> (Job?, Bool) in
            if let job = state.jobs.popFirst() { return (job, false) }
            if state.hasEnded {
                state.threadCount -= 1
                return (nil, true)
            }
            state.idle.append(thread)
            return (nil, false)
        }
        if waiting != nil || mustEnd { return waiting }
        if !thread.wait(upTo: .now() + idleLimit) {
            // Idle for too long, unless it was given a job at this moment.
            let isLeft = state.withLock { state in
                guard let index = state.idle.firstIndex(where: { $0 === thread }) else { return false }
                state.idle.remove(at: index)
                state.threadCount -= 1
                return true
            }
            if isLeft { return nil }
            _ = thread.wait(upTo: .distantFuture)
        }
        if let job = thread.take() { return job }
        state.withLock { $0.threadCount -= 1 }
        return nil
    }
}
