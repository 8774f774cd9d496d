internal import Synchronization
internal import Tenancy

/// Opens fake connections and knows how many are open at once.
final class FakeDatabase: Sendable {
    struct State {
        var connections: [FakeConnection] = []
        var openCount = 0
        var mostOpen = 0
    }

    private let state = Lock(State())

    var connections: [FakeConnection] { state.withLock { $0.connections } }
    var openCount: Int { state.withLock { $0.openCount } }
    var mostOpen: Int { state.withLock { $0.mostOpen } }

    /// - Parameter gate: what closing the connection waits for.
    func open(closingAfter gate: Gate? = nil) -> PooledConnection {
        state.withLock { state in
            let connection = FakeConnection(number: state.connections.count, closingAfter: gate) { [self] in
                closed()
            }
            state.connections.append(connection)
            state.openCount += 1
            state.mostOpen = max(state.mostOpen, state.openCount)
            return PooledConnection(connection)
        }
    }

    private func closed() { state.withLock { $0.openCount -= 1 } }
}
