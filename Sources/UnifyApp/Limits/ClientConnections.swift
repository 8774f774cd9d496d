internal import HummingbirdCore
internal import Metrics
internal import NIOCore
internal import Synchronization
internal import Tenancy

/// The open connections of clients. When there are nearly as many as there may be, the one whose client has kept the
/// server waiting for the longest time is closed: silent clients keep nobody out.
final class ClientConnections: Sendable {
    private struct State {
        var isAccepting = true
        var open = 0
        /// Those of the open ones that were told to close.
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

    /// Takes no more connections: one that comes while the server closes would be accepted and never answered.
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

    /// Closes the connection that waits for the longest time where there are too many; never the only one that waits, which
    /// may have come just now.
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
    /// What Hummingbird asks before it accepts a connection.
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
