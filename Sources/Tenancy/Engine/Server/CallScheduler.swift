internal import Foundation
internal import Synchronization

/// Runs the calls of one connection to a server, one after the other, and stops a call that exceeds its limit or
/// whose task is cancelled.
///
/// Blocking calls run on the server's threads. Calls that can wait for the socket run on the caller's thread.
///
/// A call is stopped in two steps. First the server is told to end the statement, repeatedly, since it ignores a
/// request that arrives before the statement has begun. If the call has not returned after ``stopGrace``, the
/// connection is broken off, which makes every call return.
public final class CallScheduler: Sendable {
    /// How long the server may take to end a statement that it was told to end.
    public static let stopGrace: Duration = .seconds(3)

    private static let stopInterval: DispatchTimeInterval = .milliseconds(100)
    /// How long the stopping thread may take to learn that the statement has ended.
    private static let releaseLimit: Duration = .seconds(5)

    private enum StopReason { case cancelled, deadline }

    /// One call, from the moment it is requested.
    private final class Call: Sendable {
        struct State {
            var isRunning = false
            var hasEnded = false
            var reason: StopReason?
            /// Signalled at the end of a call that a thread is stopping.
            var ended: DispatchSemaphore?
            /// Waits until no thread is about to stop the call.
            var waitsForRelease: CheckedContinuation<Void, Never>?
        }

        let state = Lock(State())

        /// Marks that no thread is about to stop the call any longer.
        func release() {
            let continuation = state.withLock { state in
                defer { (state.ended, state.waitsForRelease) = (nil, nil) }
                return state.waitsForRelease
            }
            continuation?.resume()
        }
    }

    private let threads: ServerThreads.Pair
    private let watch: DeadlineTimer
    private let time: any TimeSource
    private let stop: @Sendable () -> Void
    private let breakOff: @Sendable () -> Void
    private let mutex = AsyncMutex()
    private let current = Lock<Call?>(nil)
    private let isInterrupted = Atomic(false)
    private let broken = Atomic(false)

    /// - Parameters:
    ///   - stop: tells the server to end the running statement; may block, and runs on a thread of its own.
    ///   - breakOff: makes the running call return; must not block.
    public init(
        threads: ServerThreads.Pair, watch: DeadlineTimer, time: any TimeSource, stop: @escaping @Sendable () -> Void,
        breakOff: @escaping @Sendable () -> Void
    ) {
        self.threads = threads
        self.watch = watch
        self.time = time
        self.stop = stop
        self.breakOff = breakOff
    }

    /// Whether the connection was broken off.
    public var isBroken: Bool { broken.load(ordering: .acquiring) }

    /// Runs a blocking call that cancellation and ``interrupt()`` can stop.
    /// - Throws: what the body throws; ``TenancyError`` `cancelled` or `deadlineExceeded` if it was stopped.
    public func run<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await runStoppably(limit: limit) { try await self.threads.calls.run(body) }
    }

    /// Runs a statement that waits for the socket rather than blocking, if it can; stoppable in the same way.
    /// - Parameters:
    ///   - start: sends the statement; must not block.
    ///   - resume: takes what the server has sent since; must not block.
    func run(
        limit: Duration, start: @escaping @Sendable () throws -> StatementProgress,
        resume: @escaping @Sendable () throws -> StatementProgress
    ) async throws -> StatementOutcome {
        try await runStoppably(limit: limit) {
            var progress = try start()
            while true {
                switch progress {
                case .done(let outcome): return outcome
                case .waiting(let socket):
                    do {
                        try await socket.waitForNews()
                    } catch {
                        // The server will still answer the statement, and the next call must not get that answer.
                        self.breakOffNow()
                        throw error
                    }
                    progress = try resume()
                case .blocking(let rest): return try await self.threads.calls.run(rest)
                }
            }
        }
    }

    /// Runs a blocking call that only its limit stops: for work that must be completed, such as ending a transaction.
    public func runFirmly<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await perform(Call(), limit: limit, isFirm: true) { try await self.threads.calls.run(body) }
    }

    /// Stops the running call, and refuses all later ones except firm ones.
    public func interrupt() {
        isInterrupted.store(true, ordering: .releasing)
        if let call = current.withLock({ $0 }) { stop(call, because: .cancelled) }
    }

    /// Closes the connection after the running call, and fails every later call.
    /// - Parameter body: closes the connection.
    public func close(_ body: @escaping @Sendable () -> Void) async {
        if let call = current.withLock({ $0 }) { stop(call, because: .cancelled) }
        await mutex.lock()
        broken.store(true, ordering: .releasing)
        // The body cannot throw.
        try? await threads.calls.run(body)
        mutex.unlock()
    }

    private func runStoppably<Result: Sendable>(
        limit: Duration, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        guard !isInterrupted.load(ordering: .acquiring), !Task.isCancelled else { throw Self.error(.cancelled) }
        let call = Call()
        return try await withTaskCancellationHandler {
            try await perform(call, limit: limit, isFirm: false, body)
        } onCancel: {
            stop(call, because: .cancelled)
        }
    }

    private func perform<Result: Sendable>(
        _ call: Call, limit: Duration, isFirm: Bool, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let id = watch.add(time.monotonicNow + limit) { [self] in stop(call, because: .deadline) }
        defer { watch.remove(id) }
        await mutex.lock()
        defer { mutex.unlock() }
        try start(call)
        // The call may have joined the line before the interruption.
        if !isFirm, isInterrupted.load(ordering: .acquiring) {
            _ = await end(call)
            throw Self.error(.cancelled)
        }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        if let reason = await end(call), case .failure = outcome { throw Self.error(reason) }
        return try outcome.get()
    }

    private func start(_ call: Call) throws {
        guard !isBroken else {
            throw TenancyError(.connectionFailed, "The connection to the server was broken off.")
        }
        let reason = call.state.withLock { state in
            state.isRunning = state.reason == nil
            return state.reason
        }
        if let reason { throw Self.error(reason) }
        current.withLock { $0 = call }
    }

    /// Marks a call as ended, and waits until no thread is about to stop it: the stop must not hit the next call.
    private func end(_ call: Call) async -> StopReason? {
        current.withLock { $0 = nil }
        let (reason, isStopping) = call.state.withLock { state in
            state.hasEnded = true
            state.ended?.signal()
            return (state.reason, state.ended != nil)
        }
        if isStopping { await waitForRelease(of: call) }
        return reason
    }

    private func waitForRelease(of call: Call) async {
        let id = watch.add(time.monotonicNow + Self.releaseLimit) { [self] in
            breakOffNow()
            call.release()
        }
        defer { watch.remove(id) }
        await withCheckedContinuation { continuation in
            let isReleased = call.state.withLock { state in
                guard state.ended != nil else { return true }
                state.waitsForRelease = continuation
                return false
            }
            if isReleased { continuation.resume() }
        }
    }

    private func stop(_ call: Call, because reason: StopReason) {
        let ended = call.state.withLock { state -> DispatchSemaphore? in
            guard !state.hasEnded, state.reason == nil else { return nil }
            state.reason = reason
            if state.isRunning { state.ended = DispatchSemaphore(value: 0) }
            return state.ended
        }
        guard let ended else { return }
        let graceEnd = time.monotonicNow + Self.stopGrace
        _ = watch.add(graceEnd) { [self] in
            if !call.state.withLock({ $0.hasEnded }) { breakOffNow() }
        }
        threads.stops.submit { [self] fate in
            // Without a thread that tells the server, only the connection can be ended.
            guard case .run = fate else {
                breakOffNow()
                return call.release()
            }
            repeat { stop() } while ended.wait(timeout: .now() + Self.stopInterval) == .timedOut && !isBroken
            call.release()
        }
    }

    private func breakOffNow() {
        broken.store(true, ordering: .releasing)
        breakOff()
    }

    private static func error(_ reason: StopReason) -> TenancyError {
        switch reason {
        case .cancelled: TenancyError(.cancelled, "The statement was stopped.")
        case .deadline: TenancyError(.deadlineExceeded, "The statement ran past its time limit.")
        }
    }
}
