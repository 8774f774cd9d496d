internal import Logging

/// Opening connections to users' databases.
extension MultiTenantDatabaseManager {
    /// Opens a connection for a user's own work, and verifies that the database is theirs and the config is still
    /// current.
    /// - Parameters:
    ///   - reserved: a share of the server's connections that was waited for.
    ///   - mayWait: whether to wait for a share here, although the lease holds one of the whole budget.
    /// - Throws: ``ServerFull`` if there is no share and it may not wait; ``TenancyError``.
    func openVerified(
        _ userID: UserID, slot reserved: ServerBudget.Slot?, mayWait: Bool
    ) async throws -> PooledConnection {
        // Read inside the pool's grant: a later drain revokes what is opened.
        let config = try await usableConfig(of: userID)
        let engine = try engines.engine(config.engine)
        do {
            let slot = try await serverSlot(for: config, reserved: reserved, mayWait: mayWait)
            let connection: any DatabaseConnection
            do {
                connection = try await connect(to: config, on: engine)
            } catch {
                slot?.release()
                throw Self.asFailedConnection(error)
            }
            let pooled = PooledConnection(connection, epoch: config.epoch, slot: slot)
            do {
                guard try await usableConfig(of: userID).epoch == config.epoch else {
                    throw TenancyError.staleLease
                }
                // Reading a corrupt database completely may take long, and that it opens proves nothing, so it waits
                // for its round.
                if !config.health.isHealthy, config.health.fault != .corrupt { healthNotes.want(userID) }
                return pooled
            } catch {
                await pooled.close()
                throw error
            }
        } catch let error as TenancyError {
            await note(error, openingDatabaseOf: config)
            throw error.about(userID)
        }
    }

    /// A slot on the config's server; nil for a file.
    private func serverSlot(
        for config: UserDatabaseConfig, reserved: ServerBudget.Slot?, mayWait: Bool
    ) async throws -> ServerBudget.Slot? {
        guard config.path == nil else { return nil }
        let address = config.serverAddress
        if let reserved, reserved.server == address, reserved.claim() { return reserved }
        let limit = try await slotLimit(of: config)
        if let slot = budget.freeSlot(of: address, limit: limit) { return slot }
        guard mayWait else { throw ServerFull(config: config, limit: limit) }
        return try await serverSlot(of: address, limit: limit)
    }

    private func slotLimit(of config: UserDatabaseConfig) async throws -> Int {
        guard let id = config.serverID else { return DatabaseServer.defaultMaxConnections }
        return try await provisioner.servers.server(id).maxConnections
    }

    /// A share of a server's connections for a lease that found none, waited for without a share of the whole budget.
    func slot(after full: ServerFull) async throws -> ServerBudget.Slot {
        do {
            return try await serverSlot(of: full.config.serverAddress, limit: full.limit)
        } catch let error as TenancyError {
            await note(error, openingDatabaseOf: full.config)
            throw error.about(full.config.userID)
        }
    }

    /// A slot on a server; if all are taken, an idle connection is closed for it.
    func serverSlot(of address: String, limit: Int) async throws -> ServerBudget.Slot {
        try await budget.slot(of: address, limit: limit) { await pools.evictOldest(of: address) }
    }

    /// A share of the connections to the config's server, if one is free; nil for a file, too.
    func freeSlot(for config: UserDatabaseConfig) async -> ServerBudget.Slot? {
        // If the limit is unknown, so is the server: the caller finds out by itself.
        guard config.path == nil, let limit = try? await slotLimit(of: config) else { return nil }
        return budget.freeSlot(of: config.serverAddress, limit: limit)
    }

    /// A misconfigured server is the operator's concern: users see a failed connection.
    private static func asFailedConnection(_ error: any Error) -> any Error {
        guard let fault = error as? TenancyError, fault.code == .invalidConfiguration else { return error }
        return TenancyError(
            .connectionFailed, "The server of this database is not set up as it must be: \(fault.message)",
            cause: fault, engine: fault.engine)
    }

    private func connect(
        to config: UserDatabaseConfig, on engine: any DatabaseEngine
    ) async throws -> any DatabaseConnection {
        let location = try provisioner.location(of: config)
        do {
            return try await health.watch(location) { try await connect(to: location, of: config, on: engine) }
        } catch let error as TenancyError where error.code == .loginRefused {
            // A rotation may be in progress, or have been interrupted after the server learned the new password; the
            // cached config may be older.
            _ = configs.invalidate(config.userID)
            let current = try await usableConfig(of: config.userID)
            guard current.epoch == config.epoch else { throw TenancyError.staleLease }
            guard let next = current.sealedNextPassword else { throw error }
            return try await connect(
                to: try provisioner.location(of: config, password: next), of: config, on: engine)
        }
    }

    private func connect(
        to location: DatabaseLocation, of config: UserDatabaseConfig, on engine: any DatabaseEngine
    ) async throws -> any DatabaseConnection {
        guard !options.disabledSafeguards.contains(.identityStamp) else {
            return try await engine.connect(to: location, as: .user)
        }
        return try await Provisioner.connectVerified(to: location, of: config, on: engine, schema: schema)
    }

    /// Where a user's database is, with the login that opens it.
    package func location(of userID: UserID) async throws -> DatabaseLocation {
        try provisioner.location(of: try await usableConfig(of: userID))
    }

    private func note(_ error: TenancyError, openingDatabaseOf config: UserDatabaseConfig) async {
        // Expected errors are not faults, and one log line for each probe of a dead server is enough.
        let isExpected: [TenancyError.Code] = [
            .cancelled, .staleLease, .databaseSuspended, .databaseNotReady, .serverUnavailable,
        ]
        guard !isExpected.contains(error.code) else { return }
        metrics.engineError(error, engine: config.engine)
        logger.error(
            "a user database could not be opened", metadata: ["user": "\(config.userID)", "error": "\(error)"])
        guard let fault = DatabaseFault(error) else { return }
        await noteHealth(fault, of: config, detail: error.message)
    }
}
