internal import DequeModule

/// Ending pools, and closing what is idle.
extension PoolStateMachine {
    /// Ends a pool: waiters are dismissed, leases revoked, idle connections closed. The key's next lease opens a new
    /// connection. A hold stays; it is quiet once the revoked leases have ended, too.
    package mutating func drain(_ key: Key) -> Effects {
        var effects = Effects()
        if let pool = poolsByKey[key] { drain(pool, &effects) }
        return effects
    }

    mutating func drain(_ pool: Int, _ effects: inout Effects) {
        revokeLeases(of: pool, &effects)
        dismissWaiters(of: pool, &effects)
        closeIdle(of: pool, &effects)
    }

    /// Refuses new leases, dismisses waiters and closes idle connections. Leases in use continue.
    package mutating func shutDown() -> Effects {
        isShuttingDown = true
        var effects = Effects()
        for pool in pools.indices {
            dismissWaiters(of: pool, &effects)
            closeIdle(of: pool, &effects)
        }
        return effects
    }

    /// Removes the connections that have been idle since before the given moment.
    package mutating func expireIdle(before moment: Duration) -> Effects {
        var effects = Effects()
        while let oldest = idle.first, connections[oldest].idleSince < moment, let closing = takeToClose(oldest) {
            effects.toClose.append(closing)
        }
        return effects
    }

    /// Removes the connection that has been idle longest.
    package mutating func evictOldest() -> Effects {
        var effects = Effects()
        if let oldest = idle.first, let closing = takeToClose(oldest) { effects.toClose.append(closing) }
        return effects
    }

    private mutating func revokeLeases(of pool: Int, _ effects: inout Effects) {
        var next = pools[pool].leased.first
        while let connection = next {
            next = poolLinks.next(after: connection)
            connections[connection].isStale = true
            if connections[connection].claim == .writer { pools[pool].staleWriterCount += 1 }
            if let resource = connections[connection].resource { effects.toRevoke.append(resource) }
        }
        pools[pool].leased = IndexLinks.Line()
        pools[pool].staleCount += pools[pool].leasedCount
        pools[pool].leasedCount = 0
        pools[pool].isWriting = false
    }

    private mutating func dismissWaiters(of pool: Int, _ effects: inout Effects) {
        guard pools[pool].waitingCount > 0 else { return }
        let waiters = pools[pool].takeWaiters()
        updatePlace(ofPool: pool)
        for waiter in waiters {
            noteEnd(of: waiter)
            effects.dismissed.append(waiter.ticket)
            forgetIfUnused(server: waiter.server)
        }
        forgetIfUnused(pool: pool)
    }

    private mutating func closeIdle(of pool: Int, _ effects: inout Effects) {
        while let connection = pools[pool].idle.first, let closing = takeToClose(connection) {
            effects.toClose.append(closing)
        }
    }
}
