/// What the machine knows.
extension PoolStateMachine {
    package var counts: Counts {
        Counts(open: openCount, idle: idleCount, leased: leasedCount, waiting: waitingCount)
    }

    package var poolCount: Int { poolsByKey.count }

    package var keys: [Key] { Array(poolsByKey.keys) }

    package func counts(of key: Key) -> Counts {
        guard let pool = poolsByKey[key].map({ pools[$0] }) else { return Counts() }
        return Counts(
            open: pool.idleCount + pool.leasedCount, idle: pool.idleCount, leased: pool.leasedCount,
            waiting: pool.waitingCount)
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

    /// The open connections of a key's pool, idle and leased.
    package func resources(of key: Key) -> [Resource] {
        guard let pool = poolsByKey[key] else { return [] }
        return resources(in: pools[pool].idle) + resources(in: pools[pool].leased)
    }

    /// Whether a connection of the key is being opened.
    package func isOpening(_ key: Key) -> Bool {
        poolsByKey[key].map { resources(in: pools[$0].leased).count < pools[$0].leasedCount } ?? false
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

    private func resources(in line: IndexLinks.Line) -> [Resource] {
        var resources: [Resource] = []
        var next = line.first
        while let connection = next {
            if let resource = connections[connection].resource { resources.append(resource) }
            next = poolLinks.next(after: connection)
        }
        return resources
    }
}
