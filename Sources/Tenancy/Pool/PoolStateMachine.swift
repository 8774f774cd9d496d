/// The rules of all pools under one budget, as a value: no lock, no clock, no input or output.
///
/// There is one pool for each key, and the keys of one database form a family. Each method returns what its caller must do, outside its lock. The rules:
///
/// - A connection belongs to one key for its whole life, and to one lease at a time.
/// - If the key's engine has a single writer, there is one write lease at a time. While an exclusive lease is out, no
///   other lease of its key is.
/// - The pool of a newer key takes the place of the older ones of its family (see ``Family``).
/// - Connections are counted at three levels: the process, the server, the key. A lease that must open one takes its
///   share of all levels at once or waits without any. The process and a server count a connection until it is closed, a
///   key until it is to be closed.
/// - Where the process or a server has no share left, its connection that has been idle longest, of any key, is closed to
///   make room. A leased connection never is.
/// - First come, first served, for whatever leases wait for: a connection of their key, a share of their server, a share
///   of the process. Whoever waits for a server that is full holds up nobody who wants another one.
/// - A reservation is a share of the process and of a server for a connection outside all pools. It waits as leases do.
package struct PoolStateMachine<Key: PoolMember, Resource: Sendable> {
    package typealias Ticket = UInt64

    /// The index of the server that stands for all files; it has no limit.
    static var files: Int { 0 }

    let limits: PoolLimits
    var isShuttingDown = false
    var openCount = 0
    var idleCount = 0
    var leasedCount = 0
    var waitingCount = 0
    private var nextNumber: UInt64 = 0

    var pools: [Pool] = []
    var unusedPools: [Int] = []
    var poolsByKey: [Key: Int] = [:]
    var families: [Key.Family: Family] = [:]
    var servers: [Server]
    var unusedServers: [Int] = []
    var serversByName: [String: Int] = [:]
    /// The limits that were set, of servers that are not in use as well.
    var limitsByName: [String: Int] = [:]
    var connections: [Connection] = []
    var unusedConnections: [Int] = []

    /// Each connection stands in a line of its pool. If it is idle, it stands in lines of the process and of its server as
    /// well.
    var poolLinks = IndexLinks()
    var processLinks = IndexLinks()
    var serverLinks = IndexLinks()
    /// All idle connections, the longest idle first.
    var idle = IndexLinks.Line()
    /// The servers in whose lines somebody waits, unless the server is full and has no idle connection. After each step
    /// this is empty, or else the process is full and has no idle connection.
    var line = TicketLine()

    package init(limits: PoolLimits) {
        self.limits = limits
        servers = [Server(name: nil, limit: .max)]
    }

    // MARK: Leasing

    /// Lends an idle connection of the key.
    /// - Returns: nil if ``lease(_:access:hasSingleWriter:exclusively:on:)`` must be asked.
    package mutating func leaseIdle(
        _ key: Key, access: Access, hasSingleWriter: Bool, exclusively: Bool = false
    ) -> (Grant, Lease)? {
        let claim = Claim(access, hasSingleWriter: hasSingleWriter, exclusively: exclusively)
        guard let pool = poolsByKey[key], !pools[pool].idle.isEmpty, pools[pool].admits(claim) else { return nil }
        return lendIdle(of: pool, as: claim)
    }

    /// Requests a connection.
    /// - Parameters:
    ///   - exclusively: waits until no other lease of the key is out, and lets no other out until it ends.
    ///   - server: where it would be opened; nil for a file. Of a server in use, the limit is the one last set.
    ///   - held: leases of the task that asks.
    package mutating func lease(
        _ key: Key, access: Access, hasSingleWriter: Bool, exclusively: Bool = false, on server: ServerLimit? = nil,
        inside held: [Lease] = []
    ) -> LeaseAction {
        guard !isShuttingDown else { return .refuse(.shuttingDown) }
        if let (grant, lease) = leaseIdle(
            key, access: access, hasSingleWriter: hasSingleWriter, exclusively: exclusively)
        {
            return .grant(grant, lease)
        }
        guard !isSuperseded(key) else { return .refuse(.superseded) }
        let claim = Claim(access, hasSingleWriter: hasSingleWriter, exclusively: exclusively)
        let known = server.map { serversByName[$0.server] } ?? Self.files
        guard held.isEmpty || !waitsForItself(key, as: claim, on: known, inside: held) else {
            return .refuse(.waitsForItself)
        }
        return ask(pool(of: key), as: claim, on: index(of: server))
    }

    /// Requests a share of the process and of a server, for a connection outside all pools. It is granted as
    /// `.open`, and ends with ``closedInsteadOfGivenBack(_:)``.
    package mutating func reserve(on server: ServerLimit?) -> LeaseAction {
        guard !isShuttingDown else { return .refuse(.shuttingDown) }
        let server = index(of: server)
        return ask(reservations(of: server), as: .shared, on: server)
    }

    /// The same, if the server has a share left, which then nobody waits for. At most, the connection that has been idle
    /// longest is closed for it.
    package mutating func reserveIfFree(on server: ServerLimit?) -> (Grant, Lease)? {
        guard !isShuttingDown, openCount < limits.maxConnections || !idle.isEmpty else { return nil }
        let server = index(of: server)
        defer { forgetIfUnused(server: server) }
        guard servers[server].open < servers[server].limit,
            case .grant(let grant, let lease) = ask(reservations(of: server), as: .shared, on: server)
        else { return nil }
        return (grant, lease)
    }

    /// Reports that the right to open was used and this connection is open.
    ///
    /// - Returns: false if the pool was drained meanwhile: the connection may be used until its lease ends, but the
    ///   lease must stop working.
    package mutating func opened(_ resource: Resource, for lease: Lease) -> Bool {
        guard isOut(lease), !connections[lease.connection].isStale else { return false }
        connections[lease.connection].resource = resource
        return true
    }

    /// Reports that opening failed: nothing is open.
    package mutating func openingFailed(_ lease: Lease) -> Effects { closedInsteadOfGivenBack(lease) }

    /// Gives a connection back for the next lease.
    package mutating func giveBack(_ resource: Resource, of lease: Lease, now: Duration) -> Effects {
        var effects = Effects()
        guard isOut(lease) else { return effects }
        let (pool, server) = (connections[lease.connection].pool, connections[lease.connection].server)
        let isStale = end(lease)
        if !isStale, !isShuttingDown, pools[pool].idleCount < limits.poolSize,
            servers[server].open <= servers[server].limit
        {
            connections[lease.connection].resource = resource
            connections[lease.connection].idleSince = now
            addIdle(lease.connection)
        } else {
            forget(connection: lease.connection)
            effects.toClose.append(
                Closing(resource: resource, server: server, countsForServer: true, countsForProcess: true))
        }
        finishEnd(in: pool, &effects)
        return effects
    }

    /// Reports that a lease or a reservation has ended and its connection is closed.
    package mutating func closedInsteadOfGivenBack(_ lease: Lease) -> Effects {
        var effects = Effects()
        guard isOut(lease) else { return effects }
        let (pool, server) = (connections[lease.connection].pool, connections[lease.connection].server)
        _ = end(lease)
        forget(connection: lease.connection)
        returnShare(of: server)
        finishEnd(in: pool, &effects)
        forgetIfUnused(server: server)
        return effects
    }

    /// Reports that a connection has been closed as requested.
    package mutating func closed(_ closing: Closing) -> Effects {
        var effects = Effects()
        if closing.countsForProcess { openCount -= 1 }
        if closing.countsForServer {
            servers[closing.server].open -= 1
            updatePlace(ofServer: closing.server)
        }
        settle(nil, &effects)
        if closing.countsForServer { forgetIfUnused(server: closing.server) }
        return effects
    }

    /// Sets a server's limit, unless this one is only a default. If it is lower now, idle connections beyond it are
    /// closed, and others when they are given back.
    package mutating func setLimit(_ server: ServerLimit) -> Effects {
        var effects = Effects()
        guard !server.isDefault, limitsByName[server.server] != server.maxConnections else { return effects }
        limitsByName[server.server] = server.maxConnections
        guard let index = serversByName[server.server], servers[index].limit != server.maxConnections else {
            return effects
        }
        servers[index].limit = server.maxConnections
        for _ in 0..<max(0, servers[index].open - server.maxConnections) {
            guard let oldest = servers[index].idle.first, let closing = takeToClose(oldest) else { break }
            effects.toClose.append(closing)
        }
        updatePlace(ofServer: index)
        settle(nil, &effects)
        return effects
    }

    /// Removes from a line all who gave up. Those are served then whom only they held up, as an exclusive lease does; nobody
    /// who gave up as well is.
    /// - Returns: nil if none of them waits any more: their grants are on the way and must be given back.
    package mutating func cancel(_ tickets: [Ticket], at place: Place) -> Effects? {
        pool(at: place).flatMap { cancel(tickets, in: $0) }
    }

    private mutating func cancel(_ tickets: [Ticket], in pool: Int) -> Effects? {
        let waiters = tickets.compactMap { pools[pool].remove($0) }
        guard !waiters.isEmpty else { return nil }
        for waiter in waiters { noteEnd(of: waiter) }
        var effects = Effects()
        updatePlace(ofPool: pool)
        settle(pool, &effects)
        forgetIfUnused(pool: pool)
        for waiter in waiters { forgetIfUnused(server: waiter.server) }
        return effects
    }

    /// Waits, if others must be served first or nothing is free.
    private mutating func ask(_ pool: Int, as claim: Claim, on server: Int) -> LeaseAction {
        let ticket = makeNumber()
        join(pool, ticket, as: claim, on: server)
        var effects = Effects()
        updatePlace(ofPool: pool)
        settle(pool, &effects)
        // Nobody else is served by this: whoever waited could not be served, and nothing has come back.
        if let granted = effects.granted.first { return .grant(granted.grant, granted.lease) }
        guard servers[server].waiting > limits.maxWaiting else { return .wait(ticket) }
        _ = cancel([ticket], in: pool)
        return .refuse(.tooManyWaiting)
    }

    mutating func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }
}
