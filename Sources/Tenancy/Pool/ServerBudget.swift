internal import DequeModule
internal import Synchronization

/// How many connections this process has open to each server, and who waits for one: the bound that keeps a server's own
/// limit from being reached, over all databases on it.
///
/// Who waits is served in the order of asking. A connection that is given back while somebody waits is closed rather than
/// kept, since it belongs to one database and the one who waits mostly wants another.
package final class ServerBudget: Sendable {
    /// The right to one open connection, held as long as it is open.
    package final class Slot: Sendable {
        private let budget: ServerBudget
        private let server: String
        private let isReleased = Atomic(false)

        fileprivate init(_ budget: ServerBudget, server: String) {
            self.budget = budget
            self.server = server
        }

        /// Whether somebody waits for a connection to the same server.
        package var isWanted: Bool { budget.isWaitedFor(server) }

        /// Gives the right back; idempotent.
        package func release() {
            guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
            budget.release(server)
        }
    }

    private typealias Continuation = CheckedContinuation<Void, any Error>

    private struct Server {
        var open = 0
        var line: Deque<UInt64> = []
    }

    private struct State {
        var servers: [String: Server] = [:]
        var waiting: [UInt64: Continuation] = [:]
        /// Decisions on tickets whose task has not come to wait yet.
        var early: [UInt64: Result<Void, any Error>] = [:]
        var nextTicket: UInt64 = 0

        mutating func decide(_ ticket: UInt64, _ decision: Result<Void, any Error>) -> Continuation? {
            if let continuation = waiting.removeValue(forKey: ticket) { return continuation }
            early[ticket] = decision
            return nil
        }
    }

    private let state = Lock(State())
    private let time: any TimeSource
    private let waitLimit: Duration

    package init(time: any TimeSource, waitLimit: Duration) {
        self.time = time
        self.waitLimit = waitLimit
    }

    /// Takes a slot, waiting for one where all are taken.
    /// - Parameters:
    ///   - makeRoom: closes a connection to this server that nobody uses, if there is one.
    /// - Throws: ``TenancyError`` `poolTimeout` or `cancelled`.
    package func slot(
        of server: String, limit: Int, isolation: isolated (any Actor)? = #isolation, makeRoom: () async -> Void
    ) async throws -> Slot {
        let ticket = state.withLock { state -> UInt64? in
            guard state.servers[server, default: Server()].open >= limit else {
                state.servers[server, default: Server()].open += 1
                return nil
            }
            state.nextTicket += 1
            state.servers[server, default: Server()].line.append(state.nextTicket)
            return state.nextTicket
        }
        guard let ticket else { return Slot(self, server: server) }
        // In the line already: what becomes free from here on is handed over.
        await makeRoom()
        try await wait(for: ticket, of: server)
        return Slot(self, server: server)
    }

    /// Connections open to a server now.
    package func openCount(of server: String) -> Int { state.withLock { $0.servers[server]?.open ?? 0 } }

    private func wait(for ticket: UInt64, of server: String) async throws {
        let timeout = TenancyError(
            .poolTimeout,
            "No connection to the database server became free within \(waitLimit). Raise its --max-connections if the "
                + "server can take more.")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                try await time.sleep(for: waitLimit)
                dismiss(ticket, of: server, with: timeout)
            }
            defer { group.cancelAll() }
            try await withTaskCancellationHandler {
                try await withCheckedThrowingContinuation { park($0, ticket: ticket) }
            } onCancel: {
                dismiss(ticket, of: server, with: TenancyError(.cancelled, "The task was cancelled while it waited."))
            }
        }
    }

    private func park(_ continuation: Continuation, ticket: UInt64) {
        let early = state.withLock { state -> Result<Void, any Error>? in
            if let early = state.early.removeValue(forKey: ticket) { return early }
            state.waiting[ticket] = continuation
            return nil
        }
        if let early { continuation.resume(with: early) }
    }

    private func dismiss(_ ticket: UInt64, of server: String, with error: TenancyError) {
        let continuation = state.withLock { state -> Continuation? in
            guard let index = state.servers[server]?.line.firstIndex(of: ticket) else { return nil }
            state.servers[server]?.line.remove(at: index)
            return state.decide(ticket, .failure(error))
        }
        continuation?.resume(throwing: error)
    }

    private func isWaitedFor(_ server: String) -> Bool {
        state.withLock { $0.servers[server]?.line.isEmpty == false }
    }

    private func release(_ server: String) {
        let continuation = state.withLock { state -> Continuation? in
            if let next = state.servers[server]?.line.popFirst() { return state.decide(next, .success(())) }
            state.servers[server]?.open -= 1
            if state.servers[server]?.open == 0 { state.servers[server] = nil }
            return nil
        }
        continuation?.resume()
    }
}
