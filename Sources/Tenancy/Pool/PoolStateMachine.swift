internal import DequeModule

/// The rules of all pools under one budget, as a value: no lock, no clock, no input or output.
///
/// There is one pool for each key. Each method returns what its caller must do, outside its lock. The rules:
///
/// - A connection belongs to one key for its whole life, and to one lease at a time.
/// - If the key's engine has a single writer, there is one write lease at a time.
/// - There are never more open connections than ``PoolLimits/maxConnections``, counting those being opened or closed.
/// - At the bound, the connection that has been idle longest, of any key, is closed to make room. A leased connection
///   never is.
/// - First come, first served: among waiters for the same resource, and between keys for a share of the budget.
package struct PoolStateMachine<Key: Hashable & Sendable, Resource: Sendable> {
    package typealias Ticket = UInt64

    private var limits: PoolLimits
    private var pools: [Key: Pool] = [:]
    private var openCount = 0
    private var waitingCount = 0
    private var nextNumber: UInt64 = 0
    private var isShuttingDown = false
    /// The key of each idle connection by connection number, the longest idle first.
    private var idleLine = LRUCache<UInt64, Key>()
    /// The same for each group of connections.
    private var idleLines: [String: LRUCache<UInt64, Key>] = [:]
    /// Leases that wait for a share of the budget, oldest first. Entries whose lease no longer waits are skipped.
    private var globalLine: Deque<(key: Key, ticket: Ticket)> = []

    package init(limits: PoolLimits) { self.limits = limits }

    // MARK: Leasing

    /// Requests a connection.
    package mutating func lease(_ key: Key, access: Access, hasSingleWriter: Bool) -> LeaseAction {
        guard !isShuttingDown else { return .refuse(.shuttingDown) }
        if let (grant, lease) = useIdle(key, access: access) { return .grant(grant, lease) }
        if pools[key] == nil {
            pools[key] = Pool(generation: makeNumber(), hasSingleWriter: hasSingleWriter)
        }
        if !hasEarlierWaiter(for: access, in: key), let (grant, lease) = tryGrant(key, access: access, ticket: nil) {
            return .grant(grant, lease)
        }
        guard waitingCount < limits.maxWaiting else {
            forgetIfUnused(key)
            return .refuse(.tooManyWaiting)
        }
        let ticket = makeNumber()
        pools[key]?.waiters.append(Waiter(ticket: ticket, access: access))
        waitingCount += 1
        joinGlobalLineIfBudgetBound(key)
        return .wait(ticket)
    }

    /// Reports that the right to open was used and this connection is open.
    ///
    /// - Returns: false if the pool was drained meanwhile: the connection may be used until its lease ends, but the
    ///   lease must stop working.
    package mutating func opened(_ resource: Resource, for lease: Lease) -> Bool {
        guard pools[lease.key]?.generation == lease.generation else { return false }
        pools[lease.key]?.leased.updateValue(resource, forKey: lease.number)
        return true
    }

    /// Reports that opening failed: nothing is open.
    package mutating func openingFailed(_ lease: Lease) -> Effects {
        openCount -= 1
        return end(lease)
    }

    /// Gives a connection back for the next lease.
    /// - Parameter group: whose connections it is one of, such as a server's; see ``evictOldest(in:)``.
    package mutating func giveBack(
        _ resource: Resource, in group: String? = nil, of lease: Lease, now: Duration
    ) -> Effects {
        let idle = IdleConnection(number: makeNumber(), resource: resource, group: group, since: now)
        guard !isShuttingDown, pools[lease.key]?.putBack(idle, of: lease, upTo: limits.poolSize) == true else {
            var effects = end(lease)
            effects.toClose.append(resource)
            return effects
        }
        idleLine.set(lease.key, for: idle.number)
        if let group { idleLines[group, default: LRUCache()].set(lease.key, for: idle.number) }
        return waitingCount == 0 ? Effects() : serve(after: lease.key)
    }

    /// Reports that a lease has ended and its connection is closed.
    package mutating func closedInsteadOfGivenBack(_ lease: Lease) -> Effects {
        openCount -= 1
        return end(lease)
    }

    /// Reports that connections have been closed as requested.
    package mutating func closed(count: Int) -> Effects {
        openCount -= count
        var effects = Effects()
        serveGlobalLine(&effects)
        return effects
    }

    /// Removes a waiting lease from the line.
    /// - Returns: false if it no longer waits: its grant is on the way and must be given back.
    package mutating func cancel(_ ticket: Ticket, key: Key) -> Bool {
        guard let index = pools[key]?.waiters.firstIndex(where: { $0.ticket == ticket }) else { return false }
        pools[key]?.waiters.remove(at: index)
        waitingCount -= 1
        joinGlobalLineIfBudgetBound(key)
        forgetIfUnused(key)
        return true
    }

    // MARK: Draining

    /// Ends a pool: waiters are dismissed, leases revoked, idle connections closed. The key's next lease starts a new
    /// pool.
    package mutating func drain(_ key: Key) -> Effects {
        var effects = Effects()
        guard let pool = pools.removeValue(forKey: key) else { return effects }
        for connection in pool.idle { leaveIdleLine(connection) }
        waitingCount -= pool.waiters.count
        effects.dismissed = pool.waiters.map(\.ticket)
        effects.toClose = pool.idle.map(\.resource)
        effects.toRevoke = pool.leased.values.compactMap { $0 }
        return effects
    }

    /// Refuses new leases, dismisses waiters and closes idle connections. Leases in use continue.
    package mutating func shutDown() -> Effects {
        isShuttingDown = true
        var effects = Effects()
        for key in Array(pools.keys) {
            effects.dismissed += pools[key]?.waiters.map(\.ticket) ?? []
            effects.toClose += pools[key]?.idle.map(\.resource) ?? []
            pools[key]?.waiters.removeAll()
            pools[key]?.idle.removeAll()
            forgetIfUnused(key)
        }
        waitingCount = 0
        idleLine.removeAll()
        idleLines = [:]
        return effects
    }

    /// Removes the connections that have been idle since before the given moment.
    package mutating func expireIdle(before moment: Duration) -> Effects {
        var effects = Effects()
        while let key = oldestIdleKey, let oldest = pools[key]?.idle.first, oldest.since < moment {
            if let expired = takeOldestIdle(of: key) { effects.toClose.append(expired) }
        }
        return effects
    }

    /// Removes the connection that has been idle longest.
    package mutating func evictOldest() -> Effects {
        var effects = Effects()
        if let key = oldestIdleKey, let victim = takeOldestIdle(of: key) { effects.toClose.append(victim) }
        return effects
    }

    /// The same among the connections of a group.
    package mutating func evictOldest(in group: String) -> Effects {
        var effects = Effects()
        let line = idleLines[group]
        let key = line?.oldestKey.flatMap { line?.peek($0) }
        if let key, let victim = takeOldestIdle(of: key) { effects.toClose.append(victim) }
        return effects
    }

    // MARK: Reading

    package var counts: Counts {
        var counts = Counts(open: openCount, waiting: waitingCount)
        for pool in pools.values {
            counts.idle += pool.idle.count
            counts.leased += pool.leased.count
        }
        return counts
    }

    package var poolCount: Int { pools.count }

    package func counts(of key: Key) -> Counts {
        guard let pool = pools[key] else { return Counts() }
        return Counts(
            open: pool.openCount, idle: pool.idle.count, leased: pool.leased.count, waiting: pool.waiters.count)
    }

    package var keys: [Key] { Array(pools.keys) }

    /// The open connections of a key's pool, idle and leased.
    package func resources(of key: Key) -> [Resource] {
        guard let pool = pools[key] else { return [] }
        return pool.idle.map(\.resource) + pool.leased.values.compactMap { $0 }
    }

    /// Whether a connection of the key is being opened.
    package func isOpening(_ key: Key) -> Bool { pools[key]?.leased.values.contains { $0 == nil } ?? false }

    // MARK: Rules

    private mutating func makeNumber() -> UInt64 {
        nextNumber += 1
        return nextNumber
    }

    /// Whether an earlier waiter could use what this lease would take.
    private func hasEarlierWaiter(for access: Access, in key: Key) -> Bool {
        guard let pool = pools[key], !pool.waiters.isEmpty else { return false }
        return access == .write || pool.waiters.contains { pool.admits($0.access) }
    }

    /// The common case, with one look-up: nobody waits, and a connection is idle.
    private mutating func useIdle(_ key: Key, access: Access) -> (Grant, Lease)? {
        let number = makeNumber()
        guard let connection = pools[key]?.takeIdle(for: access, as: number),
            let generation = pools[key]?.generation
        else { return nil }
        leaveIdleLine(connection)
        return (
            .use(connection.resource), Lease(key: key, generation: generation, access: access, number: number)
        )
    }

    /// Grants from the pool's idle connections or from the budget, if either allows.
    ///
    /// - Parameter ticket: the waiting lease's; nil for a new one, which must not overtake the global line.
    private mutating func tryGrant(_ key: Key, access: Access, ticket: Ticket?) -> (Grant, Lease)? {
        guard let pool = pools[key], pool.admits(access) else { return nil }
        if let idle = pools[key]?.idle.popLast() {
            leaveIdleLine(idle)
            return (.use(idle.resource), begin(key, pool.generation, access: access, resource: idle.resource))
        }
        guard pool.openCount < limits.maxPerDatabase, mayTakeFromBudget(ticket) else { return nil }
        if openCount < limits.maxConnections {
            openCount += 1
            return (.open(evicting: nil), begin(key, pool.generation, access: access, resource: nil))
        }
        guard let victimKey = oldestIdleKey, let victim = takeOldestIdle(of: victimKey) else { return nil }
        return (.open(evicting: victim), begin(key, pool.generation, access: access, resource: nil))
    }

    private mutating func mayTakeFromBudget(_ ticket: Ticket?) -> Bool {
        dropStaleGlobalEntries()
        guard let first = globalLine.first else { return true }
        return ticket.map { $0 <= first.ticket } ?? false
    }

    private mutating func begin(_ key: Key, _ generation: UInt64, access: Access, resource: Resource?) -> Lease {
        let number = makeNumber()
        pools[key]?.leased.updateValue(resource, forKey: number)
        if access == .write { pools[key]?.isWriting = true }
        return Lease(key: key, generation: generation, access: access, number: number)
    }

    /// Ends a lease whose connection is not given back.
    private mutating func end(_ lease: Lease) -> Effects {
        guard pools[lease.key]?.generation == lease.generation else {
            var effects = Effects()
            serveGlobalLine(&effects)
            return effects
        }
        pools[lease.key]?.leased.removeValue(forKey: lease.number)
        if lease.access == .write { pools[lease.key]?.isWriting = false }
        return serve(after: lease.key)
    }

    private mutating func serve(after key: Key) -> Effects {
        var effects = Effects()
        guard !isShuttingDown else {
            forgetIfUnused(key)
            return effects
        }
        giveToOlderKeyIfStarving(key, &effects)
        serveWaiters(of: key, &effects)
        serveGlobalLine(&effects)
        forgetIfUnused(key)
        return effects
    }

    /// Keeps a busy key from holding the whole budget: if another key's lease has waited longer than every lease of
    /// this key, it is served first, from this key's connection.
    private mutating func giveToOlderKeyIfStarving(_ key: Key, _ effects: inout Effects) {
        dropStaleGlobalEntries()
        guard let first = globalLine.first, let own = pools[key]?.waiters.first, first.ticket < own.ticket else {
            return
        }
        serveGlobalLine(&effects)
    }

    private mutating func serveWaiters(of key: Key, _ effects: inout Effects) {
        while let pool = pools[key],
            let index = pool.waiters.firstIndex(where: { pool.admits($0.access) })
        {
            let waiter = pool.waiters[index]
            guard let (grant, lease) = tryGrant(key, access: waiter.access, ticket: waiter.ticket) else { break }
            pools[key]?.waiters.remove(at: index)
            waitingCount -= 1
            effects.granted.append((waiter.ticket, grant, lease))
        }
        joinGlobalLineIfBudgetBound(key)
    }

    private mutating func serveGlobalLine(_ effects: inout Effects) {
        guard !isShuttingDown else { return }
        while true {
            dropStaleGlobalEntries()
            guard let first = globalLine.first,
                let waiters = pools[first.key]?.waiters,
                let index = waiters.firstIndex(where: { $0.ticket == first.ticket })
            else { return }
            let waiter = waiters[index]
            if let (grant, lease) = tryGrant(first.key, access: waiter.access, ticket: waiter.ticket) {
                globalLine.removeFirst()
                pools[first.key]?.waiters.remove(at: index)
                waitingCount -= 1
                effects.granted.append((waiter.ticket, grant, lease))
                joinGlobalLineIfBudgetBound(first.key)
            } else if isBudgetBound(waiter, in: first.key) {
                return
            } else {
                // A writer came in between: it now waits for its own pool and not for the budget.
                globalLine.removeFirst()
                pools[first.key]?.waiters[index].isInGlobalLine = false
            }
        }
    }

    private func isBudgetBound(_ waiter: Waiter, in key: Key) -> Bool {
        guard let pool = pools[key] else { return false }
        return pool.admits(waiter.access) && pool.idle.isEmpty && pool.openCount < limits.maxPerDatabase
    }

    /// Puts the first of a pool's leases that only the budget holds up into the line between keys.
    private mutating func joinGlobalLineIfBudgetBound(_ key: Key) {
        guard let pool = pools[key],
            let index = pool.waiters.firstIndex(where: { isBudgetBound($0, in: key) }),
            !pool.waiters[index].isInGlobalLine
        else { return }
        pools[key]?.waiters[index].isInGlobalLine = true
        let ticket = pool.waiters[index].ticket
        // Usually the newest; an older one goes to the position of its age.
        var position = globalLine.count
        while position > 0, globalLine[position - 1].ticket > ticket { position -= 1 }
        globalLine.insert((key, ticket), at: position)
    }

    private mutating func dropStaleGlobalEntries() {
        while let first = globalLine.first,
            pools[first.key]?.waiters.contains(where: { $0.ticket == first.ticket }) != true
        { globalLine.removeFirst() }
    }

    private mutating func takeOldestIdle(of key: Key) -> Resource? {
        guard let idle = pools[key]?.idle.popFirst() else { return nil }
        leaveIdleLine(idle)
        forgetIfUnused(key)
        return idle.resource
    }

    private mutating func leaveIdleLine(_ connection: IdleConnection) {
        idleLine.remove(connection.number)
        guard let group = connection.group else { return }
        idleLines[group]?.remove(connection.number)
        if idleLines[group]?.isEmpty == true { idleLines[group] = nil }
    }

    /// The key whose first idle connection has been idle longest of all.
    private var oldestIdleKey: Key? { idleLine.oldestKey.flatMap { idleLine.peek($0) } }

    private mutating func forgetIfUnused(_ key: Key) {
        if pools[key]?.isUnused == true { pools[key] = nil }
    }
}
