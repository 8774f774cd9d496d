internal import Logging

/// Opening connections to users' databases.
extension MultiTenantDatabaseManager {
    /// Opens a connection for a user's own work, and verifies that the database is theirs and the config is still
    /// current.
    /// - Parameters:
    ///   - key: the pool for which it is opened.
    ///   - server: the server of which the lease has a share; nil for a file.
    /// - Throws: ``TenancyError``, among them `staleLease` if the database is elsewhere by now.
    func openVerified(_ userID: UserID, as key: PoolKey, on server: String?) async throws -> PooledConnection {
        // Read inside the pool's grant: a later drain revokes what is opened.
        let config = try await usableConfig(of: userID, as: key)
        guard config.server == server else { throw TenancyError.staleLease }
        let engine = try engines.engine(config.engine)
        do {
            let connection: any DatabaseConnection
            do {
                connection = try await connect(to: config, on: engine)
            } catch {
                throw Self.asFailedConnection(error)
            }
            let pooled = PooledConnection(connection)
            do {
                _ = try await usableConfig(of: userID, as: key)
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

    /// The config's server and its limit; nil for a file.
    func serverLimit(of config: UserDatabaseConfig) async throws -> ServerLimit? {
        guard let server = config.server else { return nil }
        guard let id = config.serverID else {
            return ServerLimit(server, maxConnections: DatabaseServer.defaultMaxConnections, isDefault: true)
        }
        return ServerLimit(server, maxConnections: try await provisioner.servers.server(id).maxConnections)
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

    /// Records that a lease of a database on a server found no connection in time.
    func note(_ error: TenancyError, waitingFor userID: UserID) async {
        guard case .config(let config) = configs.answer(for: userID), config.server != nil else { return }
        await note(error, openingDatabaseOf: config)
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
