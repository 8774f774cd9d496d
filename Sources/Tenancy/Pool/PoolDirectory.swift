internal import Synchronization

/// Pools of connections, one for each key, under one budget. It adds locking, waiting, opening and closing to the
/// rules of ``PoolStateMachine``.
package final class PoolDirectory: Sendable {
    /// Opens a connection with a share of this server; nil for a file.
    package typealias Opener = @Sendable (_ server: String?) async throws -> PooledConnection
    /// Where a connection would be opened; nil for a file.
    package typealias Locator = @Sendable () async throws -> ServerLimit?
    package typealias Machine = PoolStateMachine<PoolKey, PooledConnection>
    typealias Line = WaitingLine<Machine.Place, (Machine.Grant, Machine.Lease)>
    typealias QuietLine = WaitingLine<Machine.Hold, Void>
    fileprivate typealias ClosedLine = WaitingLine<NoKey, Void>

    struct State {
        var machine: Machine
        var totals = Totals()
        /// Those who wait for a lease or a reservation. The machine decides whose turn it is; its tickets are the line's.
        var line: Line
        /// What was in the way of those who waited too long, until they have been told.
        var obstacles: [Machine.Ticket: Machine.Obstacle] = [:]
        /// Those who wait until no lease of a key that they hold is out.
        var untilQuiet = QuietLine()
        /// Those who wait until nothing is open any more.
        fileprivate var untilClosed = ClosedLine()

        init(limits: PoolLimits) {
            machine = Machine(limits: limits)
            line = Line(waitLimit: limits.waitLimit)
        }

        mutating func decide(_ effects: Machine.Effects, dismissing error: TenancyError) -> [Line.Resumption] {
            guard !effects.granted.isEmpty || !effects.dismissed.isEmpty else { return [] }
            return effects.granted.compactMap { line.decide($0.ticket, .success(($0.grant, $0.lease))) }
                + effects.dismissed.compactMap { line.decide($0, .failure(error)) }
        }

        /// Lets those go who have waited until nothing is open, where that is so.
        fileprivate mutating func grantClosed() -> [ClosedLine.Resumption] {
            guard !untilClosed.isEmpty, machine.counts.open == 0 else { return [] }
            return untilClosed.grantAll(())
        }

        fileprivate mutating func grantQuiet(_ effects: Machine.Effects) -> [QuietLine.Resumption] {
            effects.quiet.compactMap { untilQuiet.grantFirst(of: $0, ()) }
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
    let time: any TimeSource
    let state: Lock<State>
    /// Why the running task may not wait for a lease; nil if it may.
    let refuseToWait: @Sendable () -> TenancyError?

    /// - Parameter refuseToWait: asked when a lease must wait: the error if its task holds what others wait for.
    package init(
        limits: PoolLimits, time: any TimeSource, unless refuseToWait: @escaping @Sendable () -> TenancyError? = { nil }
    ) {
        self.refuseToWait = refuseToWait
        self.limits = limits
        self.time = time
        state = Lock(State(limits: limits))
    }

    /// Lends a connection of a key's pool while the body runs.
    ///
    /// - Parameters:
    ///   - exclusively: waits until no other lease of the key is out, and lets no other out until this one ends. Waiting for
    ///     another lease of the same key inside the body lasts until the limit.
    ///   - openingOn: where to run a lease that must open a connection; opening, first use and closing an evicted
    ///     connection would otherwise switch threads each time.
    ///   - locate: asked if no connection is idle; its errors are rethrown.
    ///   - open: opens a connection if none is idle; its errors are rethrown.
    ///   - body: must not keep the connection.
    /// - Throws: ``TenancyError`` `poolTimeout`, `overloaded`, `shuttingDown`, `staleLease` or `cancelled` if no
    ///   connection is available; `nestedLease` if the task would wait for itself.
    package func withConnection<Result>(
        of key: PoolKey, access: Access, hasSingleWriter: Bool, exclusively: Bool = false,
        openingOn threads: WorkerThreads? = nil, isolation: isolated (any Actor)? = #isolation,
        on locate: Locator = { nil }, open: Opener, body: (PooledConnection) async throws -> Result
    ) async throws -> Result {
        let (grant, lease) = try await acquire(
            key, access: access, hasSingleWriter: hasSingleWriter, exclusively: exclusively, on: locate)
        let marks = isMarked(access, hasSingleWriter: hasSingleWriter, exclusively: exclusively)
        guard case .open = grant, let threads else {
            return try await use(grant, lease, marks: marks, open: open, body: body)
        }
        return try await withTaskExecutorPreference(threads) {
            try await use(grant, lease, marks: marks, open: open, body: body)
        }
    }

    /// - Parameter marks: whether leases inside the body must know of this one.
    private func use<Result>(
        _ grant: Machine.Grant, _ lease: Machine.Lease, marks: Bool, isolation: isolated (any Actor)? = #isolation,
        open: Opener, body: (PooledConnection) async throws -> Result
    ) async throws -> Result {
        let pooled = try await connect(grant, lease: lease, open: open)
        do {
            let result = try await marks ? marking(lease) { try await body(pooled) } : body(pooled)
            await giveBack(pooled, of: lease)
            return result
        } catch {
            await giveBack(pooled, of: lease)
            throw error
        }
    }

    // MARK: Opening and giving back

    private func connect(_ grant: Machine.Grant, lease: Machine.Lease, open: Opener) async throws -> PooledConnection {
        switch grant {
        case .use(let pooled):
            if await pooled.connection.isConnected() { return pooled }
            // Nothing was sent on it, so the caller need not know.
            await pooled.close()
            return try await makeConnection(for: lease, by: open)
        case .open:
            await makeRoom(for: grant)
            return try await makeConnection(for: lease, by: open)
        }
    }

    /// Closes the connection in whose place one may be opened.
    func makeRoom(for grant: Machine.Grant) async {
        guard case .open(let evicted?) = grant else { return }
        state.withLock { $0.totals.evicted += 1 }
        await closeAndRelease(evicted)
    }

    private func makeConnection(for lease: Machine.Lease, by open: Opener) async throws -> PooledConnection {
        do {
            let pooled = try await open(state.withLock { $0.machine.server(of: lease) })
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
        if pooled.isRevoked {
            isSound = false
        } else if connection.needsReset {
            isSound = await connection.reset()
        } else {
            isSound = true
        }
        if isSound {
            let now = time.monotonicNow
            await perform { $0.giveBack(pooled, of: lease, now: now) }
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

    /// Ends the pools of a family, except that of the key that is in force. What has begun with that key is not interrupted.
    package func drain(_ family: PoolKey.Family, except current: PoolKey?) async {
        await perform(dismissing: TenancyError.staleLease) { $0.drain(family, except: current) }
    }

    /// Closes the connections that have been idle for longer than the limit.
    package func expireIdle() async {
        let moment = time.monotonicNow - limits.idleLimit
        await perform { $0.expireIdle(before: moment) }
    }

    /// Closes the connection that has been idle longest, if any.
    package func evictOldest() async { await perform { $0.evictOldest() } }

    /// Refuses new leases and closes idle connections; connections in use are closed when given back.
    package func shutDown() async {
        await perform(dismissing: Self.error(of: Machine.Refusal.shuttingDown)) { $0.shutDown() }
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
    /// Connections to a server that are open, being opened or being closed, and reservations of such.
    package func openCount(ofServer server: String) -> Int {
        state.withLock { $0.machine.openCount(ofServer: server) }
    }
    package func counts(of key: PoolKey) -> Machine.Counts {
        state.withLock { $0.machine.counts(of: key) }
    }
    /// The families that have a pool.
    package var families: [PoolKey.Family] { state.withLock { $0.machine.familiesWithPools } }
    package func counts(ofFamily family: PoolKey.Family) -> Machine.Counts {
        state.withLock { $0.machine.counts(ofFamily: family) }
    }

    // MARK: Effects

    func perform(
        dismissing error: TenancyError = .cancelledWhileWaiting, _ change: (inout Machine) -> Machine.Effects
    ) async {
        let (effects, resumptions, quiet, closed) = state.withLock { state in
            let effects = change(&state.machine)
            return (effects, state.decide(effects, dismissing: error), state.grantQuiet(effects), state.grantClosed())
        }
        for resumption in closed { resumption.run() }
        for resumption in quiet { resumption.run() }
        for resumption in resumptions { resumption.run() }
        for pooled in effects.toRevoke { pooled.revoke() }
        await close(effects.toClose)
    }

    /// Closes connections, some at a time, and gives each one's share of the budget back as soon as it is closed: the last
    /// of many may take long.
    private func close(_ closings: [Machine.Closing]) async {
        guard closings.count > 1 else {
            for closing in closings { await closeAndRelease(closing) }
            return
        }
        _ = await closings.concurrentMap(upTo: Self.closedAtOnce) { await self.closeAndRelease($0) }
    }

    private func closeAndRelease(_ closing: Machine.Closing) async {
        await closing.resource.close()
        await perform { $0.closed(closing) }
    }
}
