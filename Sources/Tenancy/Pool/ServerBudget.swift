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

    private typealias Line = WaitingLine<String, Void>

    private struct State {
        /// Open connections by server.
        var open: [String: Int] = [:]
        var line: Line
    }

    private let state: Lock<State>
    private let timeout: Line.Timeout
    private let maxWaiting: Int

    /// - Parameter maxWaiting: the most requests that may wait for one server; a further one is refused at once.
    package init(time: any TimeSource, waitLimit: Duration, maxWaiting: Int = 10_000) {
        state = Lock(State(line: Line(waitLimit: waitLimit)))
        timeout = Line.Timeout(time: time) {
            TenancyError(
                .poolTimeout,
                "No connection to the database server became free within \(waitLimit). Raise its --max-connections if "
                    + "the server can take more.")
        }
        self.maxWaiting = maxWaiting
    }

    /// A slot, if one is free and nobody waits for it.
    package func freeSlot(of server: String, limit: Int) -> Slot? {
        let isFree = state.withLock { state in
            guard state.open[server, default: 0] < limit, state.line.count(of: server) == 0 else { return false }
            state.open[server, default: 0] += 1
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
        let ticket = try state.withLock { state -> Line.Ticket? in
            guard state.open[server, default: 0] >= limit else {
                state.open[server, default: 0] += 1
                return nil
            }
            guard state.line.count(of: server) < maxWaiting else {
                throw TenancyError(
                    .overloaded, "Too many requests already wait for a connection to the database server \(server).")
            }
            return state.line.join(server, now: timeout.time.monotonicNow)
        }
        guard let ticket else { return Slot(self, server: server) }
        // Already in the line: any slot that is released from here on is handed over.
        await makeRoom()
        try await Line.wait(for: ticket, timeout: timeout) { [weak self] change in
            self?.state.withLock { change(&$0.line) } ?? Line.Effects()
        }
        return Slot(self, server: server)
    }

    /// The number of open connections to a server.
    package func openCount(of server: String) -> Int { state.withLock { $0.open[server] ?? 0 } }

    private func isWaitedFor(_ server: String) -> Bool { state.withLock { $0.line.count(of: server) > 0 } }

    private func release(_ server: String) {
        let next = state.withLock { state in
            let next = state.line.grantFirst(of: server, ())
            if next == nil, let open = state.open[server] { state.open[server] = open > 1 ? open - 1 : nil }
            return next
        }
        next?.run()
    }
}
