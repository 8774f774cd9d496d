internal import Synchronization

/// Pools of connections, one for each key, under one budget. It adds locking, waiting, opening and closing to the
/// rules of ``PoolStateMachine``.
package final class PoolDirectory: Sendable {
    package typealias Opener = @Sendable () async throws -> PooledConnection
    package typealias Machine = PoolStateMachine<PoolKey, PooledConnection>
    private typealias Line = WaitingLine<PoolKey, (Machine.Grant, Machine.Lease)>
    private typealias ClosedLine = WaitingLine<NoKey, Void>

    private struct State {
        var machine: Machine
        var totals = Totals()
        /// Those who wait for a lease. The machine decides whose turn it is; its tickets are the line's.
        var line: Line
        /// Those who wait until nothing is open any more.
        var untilClosed = ClosedLine()

        /// Lets those go who have waited until nothing is open, where that is so.
        mutating func grantClosed() -> [ClosedLine.Resumption] {
            guard !untilClosed.isEmpty, machine.counts.open == 0 else { return [] }
            return untilClosed.grantAll(())
        }

        mutating func decide(_ effects: Machine.Effects, dismissing error: TenancyError) -> [Line.Resumption] {
            guard !effects.granted.isEmpty || !effects.dismissed.isEmpty else { return [] }
            return effects.granted.compactMap { line.decide($0.ticket, .success(($0.grant, $0.lease))) }
                + effects.dismissed.compactMap { line.decide($0, .failure(error)) }
        }
    }

    /// Event totals since the start.
    package struct Totals: Sendable, Equatable {
        package var leases = 0
        package var waits = 0
        package var opened = 0
        package var evicted = 0
        package var timeouts = 0
        package var refusals = 0
    }

    /// Connections that are closed at the same time, where many must go.
    package static let closedAtOnce = 16

    package let limits: PoolLimits
    private let time: any TimeSource
    private let timeout: Line.Timeout
    private let state: Lock<State>

    package init(limits: PoolLimits, time: any TimeSource) {
        self.limits = limits
        self.time = time
        timeout = Line.Timeout(time: time) {
            TenancyError(
                .poolTimeout,
                "No connection became free within \(limits.waitLimit). Raise UNIFY_MAX_CONNECTIONS or UNIFY_POOL_TIMEOUT "
                    + "if this happens often.")
        }
        state = Lock(State(machine: Machine(limits: limits), line: Line(waitLimit: limits.waitLimit)))
    }

    /// Lends a connection of a key's pool while the body runs.
    ///
    /// - Parameters:
    ///   - openingOn: where to run a lease that must open a connection; opening, first use and closing an evicted
    ///     connection would otherwise switch threads each time.
    ///   - open: opens a connection if none is idle; its errors are rethrown.
    ///   - body: must not keep the connection.
    /// - Throws: ``TenancyError`` `poolTimeout`, `overloaded`, `shuttingDown`, `staleLease` or `cancelled` if no
    ///   connection is available.
    package func withConnection<Result>(
        of key: PoolKey, access: Access, hasSingleWriter: Bool, openingOn threads: WorkerThreads? = nil,
        isolation: isolated (any Actor)? = #isolation, open: Opener, body: (PooledConnection) async throws -> Result
    ) async throws -> Result {
        let (grant, lease) = try await acquire(key, access: access, hasSingleWriter: hasSingleWriter)
        guard case .open = grant, let threads else { return try await use(grant, lease, open: open, body: body) }
        return try await withTaskExecutorPreference(threads) {
            try await use(grant, lease, open: open, body: body)
        }
    }

    private func use<Result>(
        _ grant: Machine.Grant, _ lease: Machine.Lease, isolation: isolated (any Actor)? = #isolation, open: Opener,
        body: (PooledConnection) async throws -> Result
    ) async throws -> Result {
        let pooled = try await connect(grant, lease: lease, open: open)
        do {
            let result = try await body(pooled)
            await giveBack(pooled, of: lease)
            return result
        } catch {
            await giveBack(pooled, of: lease)
            throw error
        }
    }

    // MARK: Acquiring

    private func acquire(_ key: PoolKey, access: Access, hasSingleWriter: Bool) async throws -> (
        Machine.Grant, Machine.Lease
    ) {
        let action = state.withLock { state in
            state.totals.leases += 1
            let action = state.machine.lease(key, access: access, hasSingleWriter: hasSingleWriter)
            if case .wait(let ticket) = action {
                state.totals.waits += 1
                _ = state.line.join(key, as: ticket, now: time.monotonicNow)
            }
            return action
        }
        switch action {
        case .grant(let grant, let lease): return (grant, lease)
        case .refuse(let refusal):
            state.withLock { $0.totals.refusals += 1 }
            throw Self.error(of: refusal)
        case .wait(let ticket):
            return try await Line.wait(for: ticket, timeout: timeout) { [weak self] change in
                self?.changeLine(change) ?? Line.Effects()
            }
        }
    }

    /// Changes the line; the machine forgets those who left it by themselves.
    private func changeLine(_ change: (inout Line) -> Line.Effects) -> Line.Effects {
        state.withLock { state in
            let effects = change(&state.line)
            for gone in effects.departures {
                _ = state.machine.cancel(gone.ticket, key: gone.key)
                if gone.reason == .late { state.totals.timeouts += 1 }
            }
            return effects
        }
    }

    private func connect(_ grant: Machine.Grant, lease: Machine.Lease, open: Opener) async throws -> PooledConnection {
        switch grant {
        case .use(let pooled):
            if await pooled.connection.isConnected() { return pooled }
            // Nothing was sent on it, so the caller need not know.
            await pooled.close()
            return try await makeConnection(for: lease, by: open)
        case .open(let evicted):
            if let evicted {
                state.withLock { $0.totals.evicted += 1 }
                await evicted.close()
            }
            return try await makeConnection(for: lease, by: open)
        }
    }

    private func makeConnection(for lease: Machine.Lease, by open: Opener) async throws -> PooledConnection {
        do {
            let pooled = try await open()
            let isCurrent = state.withLock { state in
                state.totals.opened += 1
                return state.machine.opened(pooled, for: lease)
            }
            if !isCurrent { pooled.revoke() }
            return pooled
        } catch {
            await perform { $0.openingFailed(lease) }
            throw error
        }
    }

    private func giveBack(_ pooled: PooledConnection, of lease: Machine.Lease) async {
        let connection = pooled.connection
        let isSound: Bool
        if pooled.isRevoked || pooled.isWanted {
            isSound = false
        } else if connection.needsReset {
            isSound = await connection.reset()
        } else {
            isSound = true
        }
        if isSound {
            let now = time.monotonicNow
            await perform { $0.giveBack(pooled, in: pooled.server, of: lease, now: now) }
        } else {
            await pooled.close()
            await perform { $0.closedInsteadOfGivenBack(lease) }
        }
    }

    // MARK: Draining and closing

    /// Ends a key's pool: waiters and users get `staleLease`, its connections are closed.
    package func drain(_ key: PoolKey) async {
        await perform(dismissing: TenancyError.staleLease) {
            $0.drain(key)
        }
    }

    /// The same, unless every connection of the pool is from this epoch and none is being opened. Decided under the lock:
    /// a lease that got its connection a moment ago is not interrupted for nothing.
    package func drain(_ key: PoolKey, unlessAllFrom epoch: Int64) async {
        await perform(dismissing: TenancyError.staleLease) { machine in
            let isCurrent = !machine.isOpening(key) && machine.resources(of: key).allSatisfy { $0.epoch == epoch }
            return isCurrent ? Machine.Effects() : machine.drain(key)
        }
    }

    /// Closes the connections that have been idle for longer than the limit.
    package func expireIdle() async {
        let moment = time.monotonicNow - limits.idleLimit
        await perform { $0.expireIdle(before: moment) }
    }

    /// Closes the connection that has been idle longest, if any.
    package func evictOldest() async { await perform { $0.evictOldest() } }

    /// Closes the connection to this server that has been idle longest, if there is one.
    package func evictOldest(of server: String) async {
        await perform { $0.evictOldest(in: server) }
    }

    /// Refuses new leases and closes idle connections; connections in use are closed when given back.
    package func shutDown() async {
        await perform(dismissing: Self.error(of: .shuttingDown)) { $0.shutDown() }
    }

    /// Returns when every connection is closed, those in use among them, or after this time.
    /// - Returns: whether all are.
    package func waitUntilClosed(upTo limit: Duration) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in await untilClosed() }
            // Cancelled, it returns early as well: nobody waits for it then.
            group.addTask { [time] in try? await time.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return counts.open == 0
    }

    private func untilClosed() async {
        let ticket = state.withLock { state in state.machine.counts.open > 0 ? state.untilClosed.join() : nil }
        guard let ticket else { return }
        // A cancelled wait returns early as well.
        try? await ClosedLine.wait(for: ticket) { [self] change in state.withLock { change(&$0.untilClosed) } }
    }

    // MARK: Reading

    package var totals: Totals { state.withLock { $0.totals } }
    package var counts: Machine.Counts { state.withLock { $0.machine.counts } }
    package var keys: [PoolKey] { state.withLock { $0.machine.keys } }
    package func counts(of key: PoolKey) -> Machine.Counts {
        state.withLock { $0.machine.counts(of: key) }
    }

    // MARK: Effects

    private func perform(
        dismissing error: TenancyError = .cancelledWhileWaiting,
        _ change: (inout Machine) -> Machine.Effects
    ) async {
        let (effects, resumptions, closed) = state.withLock { state in
            let effects = change(&state.machine)
            return (effects, state.decide(effects, dismissing: error), state.grantClosed())
        }
        for resumption in closed { resumption.run() }
        for resumption in resumptions { resumption.run() }
        for pooled in effects.toRevoke { pooled.revoke() }
        await close(effects.toClose)
    }

    /// Closes connections, some at a time, and gives each one's share of the budget back as soon as it is closed: the last
    /// of many may take long.
    private func close(_ connections: [PooledConnection]) async {
        guard connections.count > 1 else {
            for pooled in connections { await closeAndRelease(pooled) }
            return
        }
        _ = await connections.concurrentMap(upTo: Self.closedAtOnce) { await self.closeAndRelease($0) }
    }

    private func closeAndRelease(_ pooled: PooledConnection) async {
        await pooled.close()
        await perform { $0.closed(count: 1) }
    }

    private static func error(of refusal: Machine.Refusal) -> TenancyError {
        switch refusal {
        case .tooManyWaiting: TenancyError(.overloaded, "Too many requests wait for a connection already.")
        case .shuttingDown: TenancyError(.shuttingDown, "The databases are being closed.")
        }
    }
}
