/// How large databases are, without asking their servers more than they can bear.
extension MultiTenantDatabaseManager {
    /// A file is asked each time, which costs nothing. A database on a server is asked over a connection that counts among
    /// the server's own, and only if one is free: otherwise what was last known is returned.
    /// - Parameter isAnew: whether a size is not good enough that was measured less than ``KnownSizes/age`` ago.
    /// - Returns: nil if the database cannot be reached, or was not measured yet.
    func sizeBytes(
        of config: UserDatabaseConfig, at location: DatabaseLocation, on engine: any DatabaseEngine, isAnew: Bool
    ) async -> Int64? {
        guard config.path == nil else { return await measure(location, on: engine) }
        let now = main.time.monotonicNow
        if !isAnew, let known = sizes.size(of: config, measuredAfter: now - KnownSizes.age) { return known }
        // If the limit is unknown, so is the server.
        guard let server = try? await serverLimit(of: config) else { return sizes.size(of: config) }
        let measured = await pools.withFreeReservation(on: server) { await measure(location, on: engine) }
        guard let measured else { return sizes.size(of: config) }
        guard let size = measured else { return nil }
        sizes.set(size, of: config, now: now)
        return size
    }

    /// When a database was last written, if its engine knows and no server is asked beyond its share.
    func lastModified(
        of config: UserDatabaseConfig, at location: DatabaseLocation, on engine: any DatabaseEngine
    ) async -> Timestamp? {
        // As with a size: the operator's list must not fail for one bad database.
        guard config.path == nil else { return (try? await engine.lastModified(of: location)) ?? nil }
        guard let server = try? await serverLimit(of: config) else { return nil }
        return (try? await pools.withFreeReservation(on: server) { try await engine.lastModified(of: location) }) ?? nil
    }

    private func measure(_ location: DatabaseLocation, on engine: any DatabaseEngine) async -> Int64? {
        // A size that is not available is nil: the operator's list must not fail for one bad database. It counts against
        // the server: one that is dead is not waited for again and again.
        try? await health.watch(location) { try await engine.sizeBytes(of: location) }
    }

    /// The number of all databases, and the bytes that they take. The bytes are read from each database, which takes the
    /// longer the more there are; they are kept for ``KnownSizes/restFactor`` times as long as that took.
    public func totalStatistics() async throws -> (databases: Int, sizeBytes: Int64) {
        let started = main.time.monotonicNow
        if let known = sizes.total(now: started) { return (try await countConfigs(after: 0), known) }
        var total = (databases: 0, sizeBytes: Int64(0))
        var last: Int64 = 0
        while true {
            let configs = try await listConfigs(after: last, limit: 1000)
            guard let newest = configs.last else { break }
            last = newest.userID.rawValue
            for config in configs {
                total.databases += 1
                total.sizeBytes += await statistics(of: config).sizeBytes ?? 0
            }
        }
        sizes.setTotal(total.sizeBytes, started: started, now: main.time.monotonicNow)
        return total
    }
}
