internal import Logging
public import ServiceLifecycle

extension MultiTenantDatabaseManager: Service {
    /// Maintains the pools, the stock of databases and the jobs until the service group shuts down; then closes all
    /// connections.
    public func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            await withDiscardingTaskGroup { group in
                group.addTask { await self.finishWhatWasLeft() }
                group.addTask { await self.repeating(every: .seconds(15)) { await self.tidyPools() } }
                if options.warmPoolSize > 0 {
                    group.addTask { await self.repeating(every: .seconds(2)) { await self.keepStock() } }
                }
                group.addTask { await self.repeating(every: .seconds(30)) { await self.removeReturnedUsers() } }
                group.addTask { await self.jobs.runner.run { await self.apply(.user($0)) } }
                group.addTask { await self.repeating(every: .seconds(1)) { await self.noteMainDatabase() } }
                if let period = options.healthCheckPeriod {
                    let round = min(period, Self.longestRound)
                    group.addTask { await self.repeating(every: round) { await self.lookAtDatabases(period: period) } }
                    group.addTask {
                        await self.lookAtServers()
                        await self.repeating(every: Self.serverPeriod) { await self.lookAtServers() }
                    }
                }
                // Even without changes, so that a copy can be recognized by its age.
                group.addTask { await self.repeating(every: .seconds(3600)) { self.main.context.noteChange() } }
            }
        }
        await noteMainDatabase(isLast: true)
        if await !shutDown(waitingFor: Self.leaseEndLimit) {
            logger.warning(
                "leases were in use when the databases were closed", metadata: ["open": "\(pools.counts.open)"])
        }
    }

    /// How long the service waits at its end for leases that are in use.
    static let leaseEndLimit: Duration = .seconds(10)

    private func repeating(every interval: Duration, _ body: @Sendable () async -> Void) async {
        while !Task.isCancelled {
            // Cancelled while sleeping: the loop's condition ends it.
            try? await main.time.sleep(for: interval)
            if !Task.isCancelled { await body() }
        }
    }

    private func tidyPools() async {
        await pools.expireIdle()
        metrics.pool(pools.counts)
    }

    private func keepStock() async {
        do {
            try await refillWarmPool()
        } catch {
            logger.warning("the stock of databases cannot be kept", metadata: ["error": "\(error)"])
        }
    }

    private func lookAtDatabases(period: Duration) async {
        do {
            try await checkDueDatabases(period: period)
        } catch {
            logger.warning("databases cannot be looked at", metadata: ["error": "\(error)"])
        }
    }

    private func lookAtServers() async {
        do {
            try await checkServers()
        } catch {
            logger.warning("servers cannot be looked at", metadata: ["error": "\(error)"])
        }
    }
}
