/// Servers that hold user databases, and their logins.
extension MultiTenantDatabaseManager {
    /// Inspects a server, makes and removes a test database there and, if all of that succeeds, registers the server.
    ///
    /// - Throws: ``TenancyError`` `connectionFailed` or `loginRefused` if the server cannot be used, `notAuthorized`
    ///   if the provisioning login lacks privileges, with the statements that grant them, `provisioningFailed` if no
    ///   database can be made nevertheless, `uniqueViolation` if the name is taken, `engineUnavailable`,
    ///   `invalidConfiguration`.
    public func addServer(_ request: ServerRequest) async throws -> ServerReport {
        let report = try await tried(request)
        try await insert(request)
        return report
    }

    /// Looks at a server and makes, opens and removes a database there.
    func tried(_ request: ServerRequest) async throws -> ServerReport {
        let report = try await inspect(request)
        let probe = ServerProbe(
            engine: try countedEngines.engine(request.engine), schema: schema, namePrefix: options.namePrefix)
        // The test database must be removed even if the caller is cancelled.
        try await withoutCancellation { try await probe.run(at: request.location) }
        return report
    }

    /// Registers a server without making a test database.
    package func registerServer(_ request: ServerRequest) async throws {
        _ = try await inspect(request)
        try await insert(request)
    }

    private func inspect(_ request: ServerRequest) async throws -> ServerReport {
        let engine = try countedEngines.engine(request.engine)
        guard !engine.capabilities.isEmbedded else {
            throw TenancyError(
                .invalidConfiguration, "The engine \(request.engine.rawValue) has no servers.", engine: request.engine)
        }
        let report = try await engine.inspectServer(request.location, namePrefix: options.namePrefix)
        guard report.missing.isEmpty else {
            throw TenancyError(
                .notAuthorized,
                "The server cannot be used as it is. As an administrator of it run:\n  "
                    + report.missing.joined(separator: ";\n  ") + ";", engine: request.engine)
        }
        return report
    }

    private func insert(_ request: ServerRequest) async throws {
        let sealed = try keyRing.seal(request.login.password, in: request.passwordPlace)
        let date = main.time.wallNow
        do {
            try await main.transaction { database in
                _ = try await ServerRepository(database).insert(request, sealedPassword: sealed, date: date)
                try await AuditLog(database).append(
                    "server.add", actor: nil, userID: nil, detail: request.name, date: date)
            }
        } catch let error as TenancyError where error.code == .uniqueViolation {
            throw TenancyError(.uniqueViolation, "There is a server \(request.name) already.", engine: request.engine)
        }
    }

    /// What a registered server currently allows its provisioning login.
    public func inspect(_ server: DatabaseServer) async throws -> ServerReport {
        try await countedEngines.engine(server.engine).inspectServer(
            try provisioner.servers.location(of: server), namePrefix: options.namePrefix)
    }

    /// The name of the server that a user's database is on; nil for a file and for an attached database.
    public func serverName(of config: UserDatabaseConfig) async throws -> String? {
        guard let id = config.serverID else { return nil }
        return try await provisioner.servers.server(id).name
    }

    /// Servers ordered by id, those greater than `after`, with the number of databases on each.
    public func serverOverview(after: Int64, limit: Int) async throws -> [(server: DatabaseServer, databases: Int)] {
        try await main.withDatabase(.read) { database in
            let counts = try await ConfigRepository(database).countsByServer()
            return try await ServerRepository(database).list(after: after, limit: limit).map {
                ($0, counts[$0.id, default: 0])
            }
        }
    }

    /// The number of servers with greater ids.
    public func countServers(after: Int64) async throws -> Int {
        try await main.withDatabase(.read) { try await ServerRepository($0).count(after: after) }
    }

    /// Servers that failed recently and are only probed now and then, as `engine://host:port`.
    public var unavailableServers: [String] { health.unavailable }

    /// The number of open connections to a server.
    public func openConnections(to server: DatabaseServer) -> Int { pools.openCount(ofServer: server.address) }

    /// Databases on a server that have this installation's prefix and belong to no config and no stock. Includes
    /// databases that were set aside.
    public func unclaimedDatabases(on server: DatabaseServer) async throws -> [String] {
        let location = try provisioner.servers.location(of: server)
        // Before the configs: a database made meanwhile has a config by then.
        let found = try await countedEngines.engine(server.engine).databaseNames(
            at: location, beginningWith: options.namePrefix)
        let claimed = try await main.withDatabase(.read) { database in
            let configs = try await ConfigRepository(database).names(onServer: server.id)
            let stock = try await WarmDatabaseRepository(database).list().filter { $0.serverID == server.id }
            return Set((configs + stock.map(\.name)).map { $0.lowercased() })
        }
        let mainName = main.location.name?.lowercased()
        return found.filter { !claimed.contains($0.lowercased()) && $0.lowercased() != mainName }.sorted()
    }

    /// Changes the password of a user's login. Running queries end with `staleLease`; new leases use the new
    /// password.
    ///
    /// Repeatable: an interrupted rotation is completed with the password that it had chosen.
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Throws: ``TenancyError`` `userDatabaseNotFound`, `invalidConfiguration` for a file, `serverUnavailable`,
    ///   `connectionFailed`.
    public func rotatePassword(of userID: UserID, actor: UserID? = nil) async throws {
        if let actor { try await record("database.rotate_password_asked", actor: actor, userID: userID) }
        try await locks.withLock(userID) { [self] in
            try await withoutCancellation { [self] in
                let (config, run) = try await provisioner.reserveRotation(of: userID, actor: actor)
                try await jobs.runner.carryOut(run, RotatePassword(provisioner: provisioner)) { [self] in
                    try await provisioner.faults.reached(FaultPoints.after(RotationStep.reserve))
                    try await provisioner.finishRotation(of: config, run)
                }
            }
        }
        await apply(.user(userID))
    }

    /// Where a user's database is, with its login's password opened. For tests of what must be refused.
    package func unsafeLocation(of userID: UserID) async throws -> DatabaseLocation {
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
        }
        return try provisioner.location(of: config)
    }

    /// Brings the stock of databases on every server to the configured size.
    public func refillWarmPool() async throws {
        // Even with size 0: the rest of a larger stock is dropped.
        try await warmPool.refill()
    }
}
