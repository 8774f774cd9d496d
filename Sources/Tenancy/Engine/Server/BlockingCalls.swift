internal import Foundation
internal import Synchronization

/// Runs the blocking calls of one connection to a server, one after the other, on the server's threads; stops the one
/// that runs past its limit or whose task is cancelled.
///
/// Stopping has two steps: the server is told to end the statement, again and again, since it ignores what comes before it
/// has begun; where the call has still not returned after ``stopGrace``, the connection is broken off, which makes every
/// blocking call return.
public final class BlockingCalls: Sendable {
    /// How long the server may take to end a statement that it was told to end.
    public static let stopGrace: Duration = .seconds(3)

    private static let stopInterval: DispatchTimeInterval = .milliseconds(100)

    private enum StopReason { case cancelled, deadline }

    /// One call, from the moment at which it is asked for.
    private final class Call: Sendable {
        struct State {
            var isRunning = false
            var hasEnded = false
            var reason: StopReason?
            /// Whether a thread is telling the server to stop it.
            var isStopping = false
        }

        let state = Lock(State())
        let ended = DispatchSemaphore(value: 0)
        /// Nobody will tell the server to stop it any more.
        let released = DispatchSemaphore(value: 0)
    }

    private let threads: ServerThreads.Pair
    private let watch: DeadlineWatch
    private let time: any TimeSource
    private let stop: @Sendable () -> Void
    private let breakOff: @Sendable () -> Void
    private let line = NSLock()
    private let current = Lock<Call?>(nil)
    private let isInterrupted = Atomic(false)
    private let broken = Atomic(false)

    /// - Parameters:
    ///   - stop: tells the server to end the statement that runs; may block, runs on a thread of its own.
    ///   - breakOff: makes the call that runs return; must not block.
    public init(
        threads: ServerThreads.Pair, watch: DeadlineWatch, time: any TimeSource, stop: @escaping @Sendable () -> Void,
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

    /// Runs a call that cancellation and ``interrupt()`` stop.
    /// - Throws: what the body throws; ``TenancyError`` `cancelled` or `deadlineExceeded` where it was stopped.
    public func run<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        guard !isInterrupted.load(ordering: .acquiring), !Task.isCancelled else { throw Self.error(.cancelled) }
        let call = Call()
        return try await withTaskCancellationHandler {
            try await perform(call, limit: limit, body)
        } onCancel: {
            stop(call, because: .cancelled)
        }
    }

    /// Runs a call that nothing but its limit stops, for what must be done whatever happens: ending a transaction.
    public func runFirmly<Result: Sendable>(
        limit: Duration, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await perform(Call(), limit: limit, body)
    }

    /// Stops the call that runs, and refuses every later one but firm ones.
    public func interrupt() {
        isInterrupted.store(true, ordering: .releasing)
        if let call = current.withLock({ $0 }) { stop(call, because: .cancelled) }
    }

    /// Runs what closes the connection, after the call that runs now, and makes every later call fail.
    public func close(_ body: @escaping @Sendable () -> Void) async {
        if let call = current.withLock({ $0 }) { stop(call, because: .cancelled) }
        // A body that cannot throw.
        try? await threads.calls.run { [self] in
            line.lock()
            defer { line.unlock() }
            broken.store(true, ordering: .releasing)
            body()
        }
    }

    private func perform<Result: Sendable>(
        _ call: Call, limit: Duration, _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        let id = watch.add(time.monotonicNow + limit) { [self] in stop(call, because: .deadline) }
        defer { watch.remove(id) }
        return try await threads.calls.run { [self] in
            line.lock()
            defer { line.unlock() }
            try start(call)
            let outcome = Swift.Result { try body() }
            if let reason = end(call), case .failure = outcome { throw Self.error(reason) }
            return try outcome.get()
        }
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

    /// Marks a call as ended, and waits until nobody is about to stop it any more: the stop must not hit the next one.
    private func end(_ call: Call) -> StopReason? {
        current.withLock { $0 = nil }
        let (reason, isStopping) = call.state.withLock { state in
            state.hasEnded = true
            return (state.reason, state.isStopping)
        }
        call.ended.signal()
        if isStopping, call.released.wait(timeout: .now() + 5) == .timedOut { breakOffNow() }
        return reason
    }

    private func stop(_ call: Call, because reason: StopReason) {
        let mustStop = call.state.withLock { state in
            guard !state.hasEnded, state.reason == nil else { return false }
            state.reason = reason
            state.isStopping = state.isRunning
            return state.isRunning
        }
        guard mustStop else { return }
        let graceEnd = time.monotonicNow + Self.stopGrace
        _ = watch.add(graceEnd) { [self] in
            if !call.state.withLock({ $0.hasEnded }) { breakOffNow() }
        }
        threads.stops.submit { [self] in
            repeat { stop() } while call.ended.wait(timeout: .now() + Self.stopInterval) == .timedOut && !isBroken
            call.released.signal()
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
