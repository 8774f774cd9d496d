internal import DequeModule
internal import Synchronization

/// The number of this process's open connections to each server, and the line of waiters: keeps the process within
/// the server's own limit, over all databases on it.
///
/// Waiters are served first come, first served. While anyone waits, a connection that is given back is closed rather
/// than kept: it belongs to one database, and the waiter usually needs another.
package final class ServerBudget: Sendable {
    /// The right to one open connection, held while it is open.
    package final class Slot: Sendable {
        private let budget: ServerBudget
        package let server: String
        private let isReleased = Atomic(false)
        private let isClaimed = Atomic(false)

        fileprivate init(_ budget: ServerBudget, server: String) {
            self.budget = budget
            self.server = server
        }

        /// Whether someone waits for a connection to the same server.
        package var isWanted: Bool { budget.isWaitedFor(server) }

        /// Takes the right for a connection; only once, and not after it was given back.
        package func claim() -> Bool {
            guard !isReleased.load(ordering: .acquiring) else { return false }
            return !isClaimed.exchange(true, ordering: .acquiringAndReleasing)
        }

        /// Gives the right back, unless a connection has it.
        package func releaseUnlessClaimed() {
            if !isClaimed.load(ordering: .acquiring) { release() }
        }

        /// Releases the right; idempotent.
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
        /// Decisions on tickets whose task has not suspended yet.
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
    private let maxWaiting: Int

    /// - Parameter maxWaiting: the most requests that may wait for one server; a further one is refused at once.
    package init(time: any TimeSource, waitLimit: Duration, maxWaiting: Int = 10_000) {
        self.time = time
        self.waitLimit = waitLimit
        self.maxWaiting = maxWaiting
    }

    /// A slot, if one is free and nobody waits for it.
    package func freeSlot(of server: String, limit: Int) -> Slot? {
        let isFree = state.withLock { state in
            let current = state.servers[server, default: Server()]
            guard current.open < limit, current.line.isEmpty else { return false }
            state.servers[server, default: Server()].open += 1
            return true
        }
        return isFree ? Slot(self, server: server) : nil
    }

    /// Takes a slot, and waits for one if all are taken.
    /// - Parameter makeRoom: closes an idle connection to this server, if there is one.
    /// - Throws: ``TenancyError`` `poolTimeout`, `overloaded` or `cancelled`.
    package func slot(
        of server: String, limit: Int, isolation: isolated (any Actor)? = #isolation, makeRoom: () async -> Void
    ) async throws -> Slot {
        let ticket = try state.withLock { state -> UInt64? in
            guard state.servers[server, default: Server()].open >= limit else {
                state.servers[server, default: Server()].open += 1
                return nil
            }
            guard state.servers[server]?.line.count ?? 0 < maxWaiting else {
                throw TenancyError(
                    .overloaded, "Too many requests already wait for a connection to the database server \(server).")
            }
            state.nextTicket += 1
            state.servers[server, default: Server()].line.append(state.nextTicket)
            return state.nextTicket
        }
        guard let ticket else { return Slot(self, server: server) }
        // Already in the line: any slot that is released from here on is handed over.
        await makeRoom()
        try await wait(for: ticket, of: server)
        return Slot(self, server: server)
    }

    /// The number of open connections to a server.
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
