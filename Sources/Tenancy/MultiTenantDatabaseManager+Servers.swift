/// Servers that hold user databases, and the logins to them.
extension MultiTenantDatabaseManager {
    /// Looks at a server, makes a database there and removes it again and, where all of that works, registers the server.
    ///
    /// - Throws: ``TenancyError`` `connectionFailed` or `loginRefused` if the server cannot be used,
    ///   `notAuthorized` if the provisioning login lacks rights, with the statements that grant them,
    ///   `provisioningFailed` if no database can be made nevertheless, `uniqueViolation` if the name is taken,
    ///   `engineUnavailable`, `invalidConfiguration`.
    public func addServer(_ request: ServerRequest) async throws -> ServerReport {
        let report = try await inspect(request)
        let probe = ServerProbe(
            engine: try engines.engine(request.engine), schema: schema, namePrefix: options.namePrefix)
        // What it makes on the server is removed again, whoever goes away meanwhile.
        try await withoutCancellation { try await probe.run(at: request.location) }
        try await insert(request)
        return report
    }

    /// Registers a server without trying whether a database can be made there.
    package func registerServer(_ request: ServerRequest) async throws {
        _ = try await inspect(request)
        try await insert(request)
    }

    private func inspect(_ request: ServerRequest) async throws -> ServerReport {
        let engine = try engines.engine(request.engine)
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

    /// What a registered server can do now for its provisioning login.
    public func inspect(_ server: DatabaseServer) async throws -> ServerReport {
        try await engines.engine(server.engine).inspectServer(
            try provisioner.servers.location(of: server), namePrefix: options.namePrefix)
    }

    /// The name of the server that a user's database is on; nil for a file and for an attached database.
    public func serverName(of config: UserDatabaseConfig) async throws -> String? {
        guard let id = config.serverID else { return nil }
        return try await provisioner.servers.server(id).name
    }

    /// Servers ordered by id, those greater than `after`, and how many databases each has.
    public func serverOverview(after: Int64, limit: Int) async throws -> [(server: DatabaseServer, databases: Int)] {
        try await main.withDatabase(.read) { database in
            let counts = try await ConfigRepository(database).countsByServer()
            return try await ServerRepository(database).list(after: after, limit: limit).map {
                ($0, counts[$0.id, default: 0])
            }
        }
    }

    /// How many servers have a greater number.
    public func countServers(after: Int64) async throws -> Int {
        try await main.withDatabase(.read) { try await ServerRepository($0).count(after: after) }
    }

    /// Servers that failed lately and are only probed now and then, as `engine://host:port`.
    public var unavailableServers: [String] { health.unavailable }

    /// Connections to a server that are open now.
    public func openConnections(to server: DatabaseServer) -> Int { budget.openCount(of: server.address) }

    /// The databases on a server that bear this installation's names and are nobody's: no config names them, nor the
    /// stock. What was set aside is among them.
    public func unclaimedDatabases(on server: DatabaseServer) async throws -> [String] {
        let location = try provisioner.servers.location(of: server)
        // Before the configs: what is made meanwhile has one by then.
        let found = try await engines.engine(server.engine).databaseNames(
            at: location, beginningWith: options.namePrefix)
        let claimed = try await main.withDatabase(.read) { database in
            let configs = try await ConfigRepository(database).names(onServer: server.id)
            let stock = try await WarmDatabaseRepository(database).list().filter { $0.serverID == server.id }
            return Set((configs + stock.map(\.name)).map { $0.lowercased() })
        }
        let mainName = main.location.name?.lowercased()
        return found.filter { !claimed.contains($0.lowercased()) && $0.lowercased() != mainName }.sorted()
    }

    /// Gives a user's login a new password. Queries that run with the old one end with `staleLease`; who asks again gets
    /// connections with the new one.
    ///
    /// Repeatable: a rotation that was stopped is completed, with the password that it had chosen.
    /// - Parameter actor: the administrator who asked for it, for the audit log.
    /// - Throws: ``TenancyError`` `userDatabaseNotFound`, `invalidConfiguration` for a file, `serverUnavailable`,
    ///   `connectionFailed`.
    public func rotatePassword(of userID: UserID, actor: UserID? = nil) async throws {
        if let actor { try await record("database.rotate_password_asked", actor: actor, userID: userID) }
        try await locks.withLock(userID) { [self] in
            try await withoutCancellation { [self] in try await provisioner.rotatePassword(of: userID) }
        }
        await apply(.user(userID))
    }

    /// Where a user's database is, with the password of its login opened; tests try with it what must not work.
    package func unsafeLocation(of userID: UserID) async throws -> DatabaseLocation {
        guard let config = try await loadUserDatabaseConfig(userID) else {
            throw TenancyError(.userDatabaseNotFound, "User \(userID) has no database.", userID: userID)
        }
        return try provisioner.location(of: config)
    }

    /// Brings the stock of databases on every server to the size that the options say.
    public func refillWarmPool() async throws {
        // Also where none are wanted: what is left of a larger stock goes.
        try await warmPool.refill()
    }
}
