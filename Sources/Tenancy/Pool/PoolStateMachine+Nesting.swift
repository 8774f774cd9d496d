/// Leases inside leases.
extension PoolStateMachine {
    /// Whether a lease would wait for leases of its own task to end, which wait for it: whatever others do, it would be
    /// granted never.
    /// - Parameter held: the task's leases; those that have ended do not count.
    func waitsForItself(
        _ key: Key, as claim: Claim, on server: Int?, inside held: [Lease]
    ) -> Bool {
        let own = held.filter(isOut).map { connections[$0.connection] }
        guard !own.isEmpty else { return false }
        return own.contains { isInTheWay($0, of: key, claim) } || isFull(of: own, key: key)
            || server.map { isFull(of: own, server: $0) } ?? false
            || openCount >= limits.maxConnections && idle.isEmpty && own.count == openCount
    }

    private func isInTheWay(_ own: Connection, of key: Key, _ claim: Claim) -> Bool {
        guard case .key(let other) = pools[own.pool].owner, other.family == key.family else { return false }
        switch own.claim {
        case .exclusive: return true
        case .writer: return claim != .shared || other != key
        case .shared: return claim == .exclusive
        }
    }

    private func isFull(of own: [Connection], key: Key) -> Bool {
        guard let pool = poolsByKey[key], pools[pool].idle.isEmpty, pools[pool].leasedCount >= pools[pool].limit else {
            return false
        }
        return own.count { $0.pool == pool && !$0.isStale } == pools[pool].leasedCount
    }

    private func isFull(of own: [Connection], server: Int) -> Bool {
        servers[server].open >= servers[server].limit && servers[server].idle.isEmpty
            && own.count { $0.server == server } == servers[server].open
    }
}
