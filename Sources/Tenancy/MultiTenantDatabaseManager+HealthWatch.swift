internal import Logging

/// Periodic checks of every database and server.
extension MultiTenantDatabaseManager {
    /// The time between two rounds, unless a shorter period is configured.
    static let longestRound: Duration = .seconds(5)
    /// The most databases checked in a round.
    static let roundSize = 50
    /// How often an unhealthy database is checked again.
    static let unhealthyPeriod: Duration = .seconds(60)
    /// How often each server is checked.
    static let serverPeriod: Duration = .seconds(60)
    /// The most servers checked at the same time.
    private static let serversAtOnce = 8

    /// Checks some of the databases that have not been checked for a period: one at a time on each server, and none
    /// that another process is checking. Databases on unreachable servers wait.
    /// - Returns: how many were checked.
    @discardableResult
    public func checkDueDatabases(period: Duration) async throws -> Int {
        let wanted = healthNotes.takeWanted()
        let claimed = try await claim(period: period)
        let lanes = Dictionary(grouping: claimed) { $0.path == nil ? $0.serverAddress : "" }
        return await withTaskGroup(of: Int.self) { group in
            for lane in lanes.values { group.addTask { [self] in await check(lane) } }
            group.addTask { [self] in
                // One that cannot be checked now is checked when it is due.
                for userID in wanted { _ = try? await checkHealth(of: userID) }
                return wanted.count
            }
            return await group.reduce(0, +)
        }
    }

    /// Claims databases that are due, so that no other process checks them too.
    private func claim(period: Duration) async throws -> [UserDatabaseConfig] {
        let now = main.time.wallNow
        let due = try await due(at: now, period: period)
        guard !due.isEmpty else { return [] }
        return try await main.transaction { database in
            let configs = ConfigRepository(database)
            var claimed: [UserDatabaseConfig] = []
            for config in due
            where try await configs.setChecked(now, of: config, from: config.health.checkedAt) {
                claimed.append(config)
            }
            return claimed
        }
    }

    private func due(at now: Timestamp, period: Duration) async throws -> [UserDatabaseConfig] {
        let away = try await serversAway()
        return try await main.withDatabase(.read) { database in
            let configs = ConfigRepository(database)
            let unhealthyPeriod = min(period, Self.unhealthyPeriod)
            let unhealthy = try await configs.due(
                before: now.adding(.zero - unhealthyPeriod), isHealthy: false, notOn: away, limit: Self.roundSize / 2)
            let healthy = try await configs.due(
                before: now.adding(.zero - period), isHealthy: true, notOn: away,
                limit: Self.roundSize - unhealthy.count)
            return unhealthy + healthy
        }
    }

    private func serversAway() async throws -> [Int64] {
        let away = Set(health.unavailable)
        guard !away.isEmpty else { return [] }
        return try await main.withDatabase(.read) { try await ServerRepository($0).list(after: 0, limit: 1000) }
            .filter { away.contains($0.address) }.map(\.id)
    }

    /// - Returns: how many were checked; the rest of an unreachable server's databases are due again.
    private func check(_ lane: [UserDatabaseConfig]) async -> Int {
        for (index, config) in lane.enumerated() {
            guard !Task.isCancelled else {
                await giveBack(lane.dropFirst(index))
                return index
            }
            do {
                guard case .unknown(let error) = try await checkHealth(of: config.userID) else { continue }
                guard [.connectionFailed, .serverUnavailable].contains(error.code), config.path == nil else { continue }
                await giveBack(lane.dropFirst(index))
                return index
            } catch {
                // Suspended or removed since.
                logger.debug(
                    "a database was not looked at", metadata: ["user": "\(config.userID)", "error": "\(error)"])
            }
        }
        return lane.count
    }

    private func giveBack(_ configs: some Sequence<UserDatabaseConfig> & Sendable) async {
        do {
            try await withoutCancellation { [self] in
                try await main.transaction { database in
                    for config in configs {
                        let now = try await ConfigRepository(database).find(config.userID)?.health.checkedAt
                        guard let now else { continue }
                        _ = try await ConfigRepository(database).setChecked(
                            config.health.checkedAt, of: config, from: now)
                    }
                }
            }
        } catch {
            // They are due again in the next period.
            logger.warning("databases could not be given back", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Servers

    /// Inspects every registered server, see ``inspect(_:)``, and keeps the results.
    public func checkServers() async throws {
        let servers = try await main.withDatabase(.read) { try await ServerRepository($0).list(after: 0, limit: 1000) }
        serverWatch.keepOnly(servers.map(\.name))
        _ = await servers.concurrentMap(upTo: Self.serversAtOnce) { await self.check($0) }
    }

    private func check(_ server: DatabaseServer) async {
        do {
            let location = try provisioner.servers.location(of: server)
            let limit = ServerLimit(server.address, maxConnections: server.maxConnections)
            let report = try await pools.withReservation(on: limit) {
                try await health.watch(location) {
                    try await engines.engine(server.engine).inspectServer(location, namePrefix: options.namePrefix)
                }
            }
            serverWatch.set(
                report.missing.isEmpty
                    ? nil : "Its provisioning login lacks rights, so that no databases are made there.",
                of: server.name)
        } catch let error as TenancyError {
            // An unreachable server is counted by its address, with all its databases.
            let says = ![.connectionFailed, .serverUnavailable, .poolTimeout, .cancelled, .overloaded].contains(
                error.code)
            serverWatch.set(says ? error.message : nil, of: server.name)
        } catch {
            logger.debug("a server was not looked at", metadata: ["server": "\(server.name)", "error": "\(error)"])
        }
    }
}
