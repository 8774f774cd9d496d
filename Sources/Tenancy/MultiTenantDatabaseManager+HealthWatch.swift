internal import Logging

/// Looking at every database and every server from time to time.
extension MultiTenantDatabaseManager {
    /// The time between two rounds, unless a shorter period is asked for.
    static let longestRound: Duration = .seconds(5)
    /// Databases that are looked at in a round.
    static let roundSize = 50
    /// How often a database that is unhealthy is looked at again.
    static let unhealthyPeriod: Duration = .seconds(60)
    /// How often each server is looked at.
    static let serverPeriod: Duration = .seconds(60)
    /// Servers that are looked at at the same time.
    private static let serversAtOnce = 8

    /// Looks at the databases that nobody has looked at for a period, some of them: one at a time on each server, and none
    /// that another process is looking at. Databases on servers that do not answer wait.
    /// - Returns: how many were looked at.
    @discardableResult
    public func checkDueDatabases(period: Duration) async throws -> Int {
        let wanted = healthNotes.takeWanted()
        let claimed = try await claim(period: period)
        let lanes = Dictionary(grouping: claimed) { $0.path == nil ? $0.serverAddress : "" }
        return await withTaskGroup(of: Int.self) { group in
            for lane in lanes.values { group.addTask { [self] in await check(lane) } }
            group.addTask { [self] in
                for userID in wanted { _ = try? await checkHealth(of: userID) }  // They were not due; they will be.
                return wanted.count
            }
            return await group.reduce(0, +)
        }
    }

    /// Takes databases that are due, so that no other process looks at them too.
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

    /// - Returns: how many were looked at; the others of a server that does not answer are due again.
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
            // They are due in the next period.
            logger.warning("databases could not be given back", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Servers

    /// Looks at every registered server as ``inspect(_:)`` does, and keeps what it finds.
    public func checkServers() async throws {
        let servers = try await main.withDatabase(.read) { try await ServerRepository($0).list(after: 0, limit: 1000) }
        serverWatch.keepOnly(servers.map(\.name))
        await withTaskGroup(of: Void.self) { group in
            var waiting = servers.makeIterator()
            func next() {
                guard let server = waiting.next() else { return }
                group.addTask { [self] in await check(server) }
            }
            for _ in 0..<Self.serversAtOnce { next() }
            while await group.next() != nil { next() }
        }
    }

    private func check(_ server: DatabaseServer) async {
        do {
            let location = try provisioner.servers.location(of: server)
            let slot = try await serverSlot(of: server.address, limit: server.maxConnections)
            defer { slot.release() }
            let report = try await health.watch(location) {
                try await engines.engine(server.engine).inspectServer(location, namePrefix: options.namePrefix)
            }
            serverWatch.set(
                report.missing.isEmpty
                    ? nil : "Its provisioning login lacks rights, so that no databases are made there.",
                of: server.name)
        } catch let error as TenancyError {
            // A server that does not answer is counted by its address, with all that is on it.
            let says = ![.connectionFailed, .serverUnavailable, .poolTimeout, .cancelled, .overloaded].contains(
                error.code)
            serverWatch.set(says ? error.message : nil, of: server.name)
        } catch {
            logger.debug("a server was not looked at", metadata: ["server": "\(server.name)", "error": "\(error)"])
        }
    }
}
