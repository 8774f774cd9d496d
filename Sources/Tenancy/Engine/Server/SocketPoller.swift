internal import CLinux
internal import Foundation
internal import Synchronization

/// One thread that polls the sockets of all servers and wakes the tasks that wait for them. It starts with the first
/// socket.
final class SocketPoller: Sendable {
    static let shared = SocketPoller()

    /// Whether a socket has data, and which task waits for it.
    final class Readiness: Sendable {
        private struct State {
            var hasNews = false
            /// Reported once.
            var hasEnded = false
            var waiting: UnsafeContinuation<Void, Never>?
        }

        private let state = Lock(State())
        private let handover = Handover()

        /// Whether there was no signal since the last wait, and the connection has not ended.
        var isQuiet: Bool { state.withLock { !$0.hasNews && !$0.hasEnded } }

        /// Returns at the next signal; at once if there was one since the last wait, or the connection has ended.
        func wait() async {
            await withUnsafeContinuation { continuation in
                let mustWait = state.withLock { state in
                    defer { state.hasNews = false }
                    guard !state.hasNews, !state.hasEnded else { return false }
                    state.waiting = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
            handover.pass()
        }

        func signal(isEnd: Bool) {
            handover.pass()
            let continuation = state.withLock { state in
                defer { state.waiting = nil }
                state.hasNews = state.waiting == nil
                state.hasEnded = state.hasEnded || isEnd
                return state.waiting
            }
            continuation?.resume()
        }
    }

    private struct State {
        var descriptor: Int32?
        var sockets: [UInt64: Readiness] = [:]
        var nextID: UInt64 = 0
    }

    private static let eventsAtOnce = 128
    private static let end = EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue
    private let state = Lock(State())

    /// Signals whenever the socket receives data or its connection ends.
    /// - Returns: the id for ``remove(_:of:)``.
    /// - Throws: ``TenancyError`` `connectionFailed` if the system cannot watch one more socket.
    func add(_ readiness: Readiness, of socket: Int32) throws -> UInt64 {
        try state.withLock { state in
            let epoll = try state.descriptor ?? start()
            state.descriptor = epoll
            state.nextID += 1
            var event = epoll_event()
            // Edge-triggered: no system call for each wait.
            event.events = EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
            event.data.u64 = state.nextID
            guard epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0 else {
                throw TenancyError(
                    .connectionFailed, "A server's socket cannot be watched: \(String(cString: strerror(errno))).")
            }
            state.sockets[state.nextID] = readiness
            return state.nextID
        }
    }

    /// Call before closing the socket.
    func remove(_ id: UInt64, of socket: Int32) {
        state.withLock { state in
            state.sockets[id] = nil
            var event = epoll_event()
            if let epoll = state.descriptor { epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event) }
        }
    }

    private func start() throws -> Int32 {
        let epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else {
            throw TenancyError(.connectionFailed, "No descriptor is left to watch servers with. Raise ulimit -n.")
        }
        let hasStarted = SystemThread.start(name: "sockets", stackSize: 256 << 10) { [self] in
            var events = [epoll_event](repeating: epoll_event(), count: Self.eventsAtOnce)
            while true { signalNext(of: epoll, &events) }
        }
        guard hasStarted else {
            close(epoll)
            throw TenancyError(
                .overloaded,
                "The system starts no more threads for this process. Raise its limit of threads (ulimit -u).")
        }
        return epoll
    }

    private func signalNext(of epoll: Int32, _ events: inout [epoll_event]) {
        // A signal's interruption costs one more turn.
        let count = Int(max(0, epoll_wait(epoll, &events, Int32(events.count), -1)))
        let ready = state.withLock { state in
            events[..<count].compactMap { event in state.sockets[event.data.u64].map { ($0, event.events) } }
        }
        for (readiness, events) in ready { readiness.signal(isEnd: events & Self.end != 0) }
        // Under load, more sockets are ready once other threads have run, and one call then reports them together.
        sched_yield()
    }
}
