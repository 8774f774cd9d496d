internal import HummingbirdCore
internal import Metrics
internal import NIOCore
internal import Synchronization
internal import Tenancy

/// The open client connections. Near the limit, each new connection closes the one that has been idle longest, so
/// silent clients lock nobody out.
final class ClientConnections: Sendable {
    private struct State {
        var isAccepting = true
        var open = 0
        /// How many of the open ones have been told to close.
        var closing = 0
        var nextNumber = 0
        /// Connections on which it is the client's turn, the one that waits for the longest time first.
        var waiting = LRUCache<Int, any Channel>()
    }

    private let limit: Int
    /// More than these, and waiting ones are closed.
    private let comfortable: Int
    private let state = Lock(State())
    private let closedForOthers = Counter(label: "unify_http_connections_closed_for_others_total")
    private let openConnections = Gauge(label: "unify_http_connections")

    init(limit: Int) {
        self.limit = limit
        comfortable = limit - max(1, limit / 16)
    }

    /// A number for a new connection.
    func makeNumber() -> Int {
        state.withLock { state in
            state.nextNumber += 1
            return state.nextNumber
        }
    }

    /// Accepts no more connections: one accepted while the server closes would never be answered.
    func stopAccepting() {
        state.withLock { $0.isAccepting = false }
    }

    /// Says that nothing happens on a connection until its client does something.
    func waits(_ number: Int, _ channel: any Channel) {
        state.withLock { $0.waiting.set(channel, for: number) }
        makeRoom()
    }

    /// Says that the server is at work for a connection, or that it is closed.
    func waitsNoMore(_ number: Int) {
        state.withLock { _ = $0.waiting.remove(number) }
    }

    /// If there are too many, closes the connection that has been idle longest; never the only idle one, which may be
    /// new.
    private func makeRoom() {
        let victim = state.withLock { state -> (any Channel)? in
            guard state.open - state.closing > comfortable, state.waiting.count > 1,
                let victim = state.waiting.popOldest()
            else { return nil }
            state.closing += 1
            return victim.value
        }
        guard let victim else { return }
        closedForOthers.increment()
        victim.closeFuture.whenComplete { [self] _ in state.withLock { $0.closing -= 1 } }
        victim.close(promise: nil)
    }
}

extension ClientConnections {
    /// Hummingbird's check before it accepts a connection.
    struct Delegate: AvailableConnectionsDelegate {
        let connections: ClientConnections

        mutating func connectionOpened() { connections.count(1) }
        mutating func connectionClosed() { connections.count(-1) }
        func isAcceptingNewConnections() -> Bool { connections.hasRoom }
    }

    fileprivate var hasRoom: Bool { state.withLock { $0.isAccepting && $0.open < limit } }

    fileprivate func count(_ change: Int) {
        let open = state.withLock { state in
            state.open += change
            return state.open
        }
        openConnections.record(open)
        if change > 0 { makeRoom() }
    }
}
