/// What the machine knows.
extension PoolStateMachine {
    package var counts: Counts {
        Counts(open: openCount, idle: idleCount, leased: leasedCount, waiting: waitingCount)
    }

    package var poolCount: Int { poolsByKey.count }

    package var keys: [Key] { Array(poolsByKey.keys) }

    /// The families that have a pool.
    package var familiesWithPools: [Key.Family] { families.filter { !$0.value.pools.isEmpty }.map(\.key) }

    package func counts(of key: Key) -> Counts { counts(ofPools: poolsByKey[key].map { [$0] } ?? []) }

    package func counts(ofFamily family: Key.Family) -> Counts { counts(ofPools: families[family]?.pools ?? []) }

    private func counts(ofPools indices: [Int]) -> Counts {
        indices.map { pools[$0] }.reduce(into: Counts()) { counts, pool in
            counts.open += pool.idleCount + pool.leasedCount
            counts.idle += pool.idleCount
            counts.leased += pool.leasedCount
            counts.waiting += pool.waitingCount
        }
    }

    /// Connections to a server that are open, being opened or being closed.
    package func openCount(ofServer server: String) -> Int { serversByName[server].map { servers[$0].open } ?? 0 }

    /// Leases and reservations that name a server and wait.
    package func waitingCount(ofServer server: String) -> Int {
        serversByName[server].map { servers[$0].waiting } ?? 0
    }

    /// The server whose share a lease has; nil for a file.
    package func server(of lease: Lease) -> String? {
        isOut(lease) ? servers[connections[lease.connection].server].name : nil
    }

    /// What those who wait in a place wait for.
    /// - Returns: nil if nobody does.
    package func obstacle(at place: Place) -> Obstacle? {
        guard let pool = pool(at: place), pools[pool].waitingCount > 0 else { return nil }
        guard !pools[pool].isHeld else { return .hold }
        guard let server = pools[pool].standing else { return .database }
        guard let name = servers[server].name, servers[server].open >= servers[server].limit else { return .process }
        return .server(name)
    }
}
