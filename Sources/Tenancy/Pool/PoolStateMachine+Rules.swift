/// Who is served, and in which order.
extension PoolStateMachine {
    // MARK: Lending

    /// Lends the connection of the pool that was used last.
    mutating func lendIdle(of pool: Int, as claim: Claim) -> (Grant, Lease)? {
        guard let connection = pools[pool].idle.last, let resource = connections[connection].resource else {
            return nil
        }
        removeIdle(connection)
        return (.use(resource), begin(connection, in: pool, as: claim))
    }

    /// Takes a share of all levels for a connection of this pool; closes an idle connection if there is none left. One of
    /// the same server hands over its shares at once, and another one its share of the process.
    private mutating func open(in pool: Int, as claim: Claim, on server: Int) -> (Grant, Lease) {
        var victim: Int?
        if servers[server].open >= servers[server].limit {
            victim = servers[server].idle.first
        } else if openCount >= limits.maxConnections {
            victim = idle.first
        }
        let evicted = victim.flatMap { takeToClose($0, for: server) }
        openCount += 1
        servers[server].open += 1
        updatePlace(ofServer: server)
        let connection = makeConnection(in: pool, on: server)
        return (.open(evicting: evicted), begin(connection, in: pool, as: claim))
    }

    private mutating func begin(_ connection: Int, in pool: Int, as claim: Claim) -> Lease {
        let lease = Lease(connection: connection, number: makeNumber())
        connections[connection].lease = lease.number
        connections[connection].claim = claim
        poolLinks.append(connection, to: &pools[pool].leased)
        pools[pool].leasedCount += 1
        leasedCount += 1
        switch claim {
        case .shared: break
        case .writer: pools[pool].isWriting = true
        case .exclusive: pools[pool].isExclusive = true
        }
        if pools[pool].kin.isWatched { updateKin(ofFamilyOf: pool) }
        return lease
    }

    func isOut(_ lease: Lease) -> Bool { connections[lease.connection].lease == lease.number }

    /// Ends a lease that is out; its connection is in no line then.
    /// - Returns: whether the pool was drained since it began.
    mutating func end(_ lease: Lease) -> Bool {
        let connection = lease.connection
        let (pool, claim, isStale) = (
            connections[connection].pool, connections[connection].claim, connections[connection].isStale
        )
        connections[connection].lease = 0
        leasedCount -= 1
        if claim == .exclusive { pools[pool].isExclusive = false }
        if isStale {
            pools[pool].staleCount -= 1
            if claim == .writer { pools[pool].staleWriterCount -= 1 }
        } else {
            poolLinks.remove(connection, from: &pools[pool].leased)
            pools[pool].leasedCount -= 1
            if claim == .writer { pools[pool].isWriting = false }
        }
        return isStale
    }

    /// Serves whoever can be served since a lease of this pool has ended.
    mutating func finishEnd(in pool: Int, _ effects: inout Effects) {
        let kin = noteEnd(inFamilyOf: pool, &effects)
        if waitingCount > 0 {
            updatePlace(ofPool: pool)
            settle(pool, kin: kin, &effects)
        }
        forgetIfUnused(pool: pool)
    }

    // MARK: Serving

    /// Serves waiters, oldest first, until none can be served.
    ///
    /// Two can compete for what has come back: the next waiter of the pool for its idle connection, and the head of the
    /// line for the share of the process or of a server that this connection takes up. The older one has it, so no busy
    /// key keeps the budget for itself.
    /// - Parameters:
    ///   - pool: one that can have an idle connection as well as a waiter that may use it; no others can, except its kin.
    ///   - kin: pools of the same family in which something has changed.
    mutating func settle(_ pool: Int?, kin: [Int] = [], _ effects: inout Effects) {
        while true {
            let own = oldestForIdle(pool, kin)
            let head = openCount < limits.maxConnections || !idle.isEmpty ? line.first : nil
            if let own, own.ticket < head?.ticket ?? .max {
                let (pool, claim) = (own.pool, own.claim)
                let waiter = takeNext(of: pool, claim)
                if let (grant, lease) = lendIdle(of: pool, as: claim) {
                    effects.granted.append((waiter.ticket, grant, lease))
                }
                updatePlace(ofPool: pool)
                forgetIfUnused(server: waiter.server)
            } else if let head, let next = servers[head.member].line.first?.member, let claim = pools[next].next {
                let waiter = takeNext(of: next, claim)
                let (grant, lease) = open(in: next, as: claim, on: head.member)
                effects.granted.append((waiter.ticket, grant, lease))
                updatePlace(ofPool: next)
            } else {
                return
            }
        }
    }

    private func oldestForIdle(_ pool: Int?, _ kin: [Int]) -> (pool: Int, ticket: Ticket, claim: Claim)? {
        var oldest = pool.flatMap { waiterForIdle(in: $0) }
        for other in kin {
            guard let waiter = waiterForIdle(in: other), waiter.ticket < oldest?.ticket ?? .max else { continue }
            oldest = waiter
        }
        return oldest
    }

    private func waiterForIdle(in pool: Int) -> (pool: Int, ticket: Ticket, claim: Claim)? {
        guard !pools[pool].idle.isEmpty, let claim = pools[pool].next else { return nil }
        return pools[pool].first(of: claim).map { (pool, $0.ticket, claim) }
    }

    private mutating func takeNext(of pool: Int, _ claim: Claim) -> Waiter {
        let waiter = pools[pool].removeFirst(of: claim)
        noteEnd(of: waiter)
        return waiter
    }

    // MARK: Waiting

    mutating func join(_ pool: Int, _ ticket: Ticket, as claim: Claim, on server: Int) {
        pools[pool].append(Waiter(ticket: ticket, server: server), as: claim)
        waitingCount += 1
        servers[server].waiting += 1
    }

    /// Counts a waiter that waits no longer.
    mutating func noteEnd(of waiter: Waiter) {
        waitingCount -= 1
        servers[waiter.server].waiting -= 1
    }

    /// Puts a pool into the line of the server from which its next waiter needs a connection, or out of it.
    mutating func updatePlace(ofPool pool: Int) {
        var next: Waiter?
        if pools[pool].idle.isEmpty, pools[pool].leasedCount < pools[pool].limit, let claim = pools[pool].next {
            next = pools[pool].first(of: claim)
        }
        if let old = pools[pool].standing, old != next?.server {
            servers[old].line.remove(pool)
            pools[pool].standing = nil
            updatePlace(ofServer: old)
        }
        guard let next else { return }
        servers[next.server].line.set(pool, to: next.ticket)
        pools[pool].standing = next.server
        updatePlace(ofServer: next.server)
    }

    /// Puts a server into the line of those for which only the process can be in the way, or out of it.
    mutating func updatePlace(ofServer server: Int) {
        if let head = servers[server].line.first,
            servers[server].open < servers[server].limit || !servers[server].idle.isEmpty
        {
            line.set(server, to: head.ticket)
        } else if !line.isEmpty {
            line.remove(server)
        }
    }

    // MARK: Connections

    mutating func addIdle(_ connection: Int) {
        let (pool, server) = (connections[connection].pool, connections[connection].server)
        poolLinks.append(connection, to: &pools[pool].idle)
        processLinks.append(connection, to: &idle)
        serverLinks.append(connection, to: &servers[server].idle)
        pools[pool].idleCount += 1
        idleCount += 1
        updatePlace(ofServer: server)
    }

    mutating func removeIdle(_ connection: Int) {
        let (pool, server) = (connections[connection].pool, connections[connection].server)
        poolLinks.remove(connection, from: &pools[pool].idle)
        processLinks.remove(connection, from: &idle)
        serverLinks.remove(connection, from: &servers[server].idle)
        pools[pool].idleCount -= 1
        idleCount -= 1
        updatePlace(ofServer: server)
    }

    /// Takes an idle connection out, to be closed. Its shares are its own until it is closed, except for those that a
    /// successor takes over.
    /// - Parameter successor: the server of the connection that is opened in its place.
    mutating func takeToClose(_ connection: Int, for successor: Int? = nil) -> Closing? {
        guard let resource = connections[connection].resource else { return nil }
        let (pool, server) = (connections[connection].pool, connections[connection].server)
        removeIdle(connection)
        forget(connection: connection)
        // Its own waiters, if they came later than the successor, must open one now.
        updatePlace(ofPool: pool)
        forgetIfUnused(pool: pool)
        if successor != nil { openCount -= 1 }
        if successor == server { servers[server].open -= 1 }
        return Closing(
            resource: resource, server: server, countsForServer: successor != server,
            countsForProcess: successor == nil)
    }

    mutating func returnShare(of server: Int) {
        openCount -= 1
        servers[server].open -= 1
        updatePlace(ofServer: server)
    }
}
