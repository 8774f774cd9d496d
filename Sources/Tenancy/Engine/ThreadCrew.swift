internal import DequeModule
internal import Foundation
internal import Synchronization

/// The threads of a ``WorkerThreads`` and the jobs that wait for them. The threads hold the crew, never its owner, so that
/// an owner that goes away can send them home.
final class ThreadCrew: Sendable {
    /// What becomes of a job.
    enum Fate {
        /// It is to run now, on a thread of the crew.
        case run
        /// There is no thread to run it on, and none can be started.
        case noThread
        /// The crew was sent home.
        case ended
    }

    typealias Job = @Sendable (Fate) -> Void
    typealias Starter = @Sendable (_ body: @escaping @Sendable () -> Void) -> Bool

    /// A thread that has nothing to do, and what it is given.
    private final class Seat: Sendable {
        private let given = DispatchSemaphore(value: 0)
        private let job = Lock<Job?>(nil)

        func give(_ job: Job?) {
            self.job.withLock { $0 = job }
            given.signal()
        }

        /// - Returns: false if nothing was given within the limit.
        func wait(upTo limit: DispatchTime) -> Bool { given.wait(timeout: limit) == .success }

        func take() -> Job? {
            job.withLock { job in
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
        var hasEnded = false
    }

    /// The crew of a thread that may block.
    private static let current = ThreadLocal()

    private let maxThreads: Int
    private let idleLimit: DispatchTimeInterval
    private let start: Starter
    private let state = Lock(State())

    /// - Parameter start: starts a thread that runs the body; false if the system has none left.
    init(maxThreads: Int, idleLimit: Duration, start: @escaping Starter) {
        self.maxThreads = maxThreads
        self.idleLimit = .milliseconds(Int(idleLimit / .milliseconds(1)))
        self.start = start
    }

    /// How many threads there are now.
    var threadCount: Int { state.withLock { $0.threadCount } }

    /// Hands a job over. The job is called once, perhaps at once where it cannot run.
    func submit(_ job: @escaping Job) {
        let (seat, mustStart, hasEnded) = state.withLock { state -> (Seat?, Bool, Bool) in
            guard !state.hasEnded else { return (nil, false, true) }
            if let seat = state.idle.popLast() { return (seat, false, false) }
            state.jobs.append(job)
            guard state.threadCount < maxThreads else { return (nil, false, false) }
            state.threadCount += 1
            return (nil, true, false)
        }
        if hasEnded { return job(.ended) }
        // Given to the thread itself, which needs the lock of all no more.
        seat?.give(job)
        if mustStart, !start({ [self] in work() }) { refuseWhatNobodyRuns() }
    }

    /// Lets threads end when they have done what they do now; what waits is refused, as is what comes later.
    func end() {
        let (idle, jobs) = state.withLock { state -> ([Seat], Deque<Job>) in
            defer {
                state.idle = []
                state.jobs = []
            }
            state.hasEnded = true
            return (state.idle, state.jobs)
        }
        for seat in idle { seat.give(nil) }
        for job in jobs { job(.ended) }
    }

    /// A thread could not be started. Where others are at work, what waits is theirs.
    private func refuseWhatNobodyRuns() {
        let refused = state.withLock { state -> Deque<Job> in
            state.threadCount -= 1
            guard state.threadCount == 0 else { return [] }
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in refused { job(.noThread) }
    }

    /// Whether a call of this crew may run on the thread that asks: on one of the crew's own, or on one of another crew
    /// unless this one keeps apart.
    func mayRunHere(isApart: Bool) -> Bool {
        guard let current = Self.current.value else { return false }
        return !isApart || current == identity
    }

    private var identity: UnsafeRawPointer { UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()) }

    private func work() {
        // The crew outlives its threads, each of which holds it.
        Self.current.value = identity
        let seat = Seat()
        while let job = nextJob(seat) { job(.run) }
    }

    /// - Returns: nil if the thread is to end; it is not counted any more then.
    private func nextJob(_ seat: Seat) -> Job? {
        let (waiting, mustEnd) = state.withLock { state -> (Job?, Bool) in
            if let job = state.jobs.popFirst() { return (job, false) }
            if state.hasEnded {
                state.threadCount -= 1
                return (nil, true)
            }
            state.idle.append(seat)
            return (nil, false)
        }
        if waiting != nil || mustEnd { return waiting }
        if !seat.wait(upTo: .now() + idleLimit) {
            // Idle for too long, unless it was given a job at this moment.
            let isLeft = state.withLock { state in
                guard let index = state.idle.firstIndex(where: { $0 === seat }) else { return false }
                state.idle.remove(at: index)
                state.threadCount -= 1
                return true
            }
            if isLeft { return nil }
            _ = seat.wait(upTo: .distantFuture)
        }
        if let job = seat.take() { return job }
        state.withLock { $0.threadCount -= 1 }
        return nil
    }
}
