/// Testing, changing and removing registered servers.
extension MultiTenantDatabaseManager {
    /// How many databases' stamps are read before a server's address changes; of the others, only the existence is
    /// checked.
    private static let stampsRead = 3
    /// The most names that a refusal lists.
    private static let namesTold = 5

    /// A registered server by its name.
    /// - Throws: ``TenancyError`` `serverNotFound`.
    public func server(named name: String) async throws -> DatabaseServer {
        guard let server = try await main.withDatabase(.read, { try await ServerRepository($0).find(name: name) })
        else {
            throw TenancyError(.serverNotFound, "There is no server \(name). List them: unify server list")
        }
        return server
    }

    /// How many databases a server has: users' ones, and those in stock.
    public func databaseCounts(on server: DatabaseServer) async throws -> (users: Int, stock: Int) {
        try await main.withDatabase(.read) { database in
            (
                try await ServerRepository(database).use(of: server.id).databases,
                try await WarmDatabaseRepository(database).list().count { $0.serverID == server.id }
            )
        }
    }

    /// Tests a server as it is registered: makes, opens and removes a database there.
    /// - Throws: ``TenancyError`` with the fault.
    public func testServer(_ server: DatabaseServer) async throws -> ServerReport {
        try await tried(try ServerChange().request(for: server, password: try password(of: server)))
    }

    private func password(of server: DatabaseServer) throws -> Secret<String> {
        try keyRing.open(server.sealedPassword, in: server.passwordPlace)
    }

    // MARK: Changing

    /// Changes a server, after checking that its known databases are found at the new address. Their configs and
    /// leases follow.
    /// - Returns: the server's report; nil if the server did not have to be asked.
    /// - Throws: ``TenancyError`` `serverNotFound`, `invalidConfiguration`, `databaseMissing` if it is another
    ///   server, and the errors of adding one. Nothing is changed then.
    public func changeServer(_ name: String, _ change: ServerChange) async throws -> ServerReport? {
        let server = try await server(named: name)
        let request = try change.request(for: server, password: try knownPassword(of: server, change))
        let report = change.needsLook ? try await tried(request) : nil
        if change.needsLook { try await requireDatabases(of: server, at: request) }
        let sealed = try keyRing.seal(request.login.password, in: request.passwordPlace)
        let date = main.time.wallNow
        try await withoutCancellation { [self] in
            try await main.transaction { database in
                try await store(request, sealed, of: server, in: database, date: date)
            }
            await apply(.everything)
        }
        return report
    }

    /// A password that does not open is not needed if a new one is given.
    private func knownPassword(of server: DatabaseServer, _ change: ServerChange) throws -> Secret<String> {
        try change.login?.password ?? change.password ?? password(of: server)
    }

    private func store(
        _ request: ServerRequest, _ sealed: SealedSecret, of server: DatabaseServer, in database: DatabaseHandle,
        date: Timestamp
    ) async throws {
        let servers = ServerRepository(database)
        guard let current = try await servers.lock(server.id), current.sealedPassword == server.sealedPassword else {
            throw TenancyError(
                .invalidConfiguration, "The server \(server.name) was changed meanwhile. Look at it, and try again.")
        }
        let isElsewhere = (server.host, server.port, server.tls) != (request.host, request.port, request.tls)
        if isElsewhere, try await servers.use(of: server.id).jobs > 0 {
            throw TenancyError(
                .invalidConfiguration,
                "Jobs of users whose databases are on the server \(server.name) are under way. Wait until they have ended, or "
                    + "let a running server end them, then try again.")
        }
        try await servers.update(server.id, to: request, sealedPassword: sealed)
        if isElsewhere {
            try await ServerReaddressing(
                server: server, request: request, keyRing: keyRing, database: database, date: date
            ).run()
        }
        try await ChangeLog(database).appendKeyChange(date: date)
        try await AuditLog(database).append(
            "server.set", actor: nil, userID: nil, detail: "\(server.name): \(Self.words(request, since: server))",
            date: date)
    }

    private static func words(_ request: ServerRequest, since server: DatabaseServer) -> String {
        var words: [String] = []
        if (server.host, server.port) != (request.host, request.port) {
            words.append("address \(request.host)\(request.port.map { ":\($0)" } ?? "")")
        }
        if server.login != request.login.name { words.append("login \(request.login.name)") }
        if server.tls != request.tls { words.append("TLS \(request.tls)") }
        if server.maxConnections != request.maxConnections { words.append("\(request.maxConnections) connections") }
        if server.region != request.region { words.append("region \(request.region ?? "none")") }
        return words.isEmpty ? "password" : words.joined(separator: ", ")
    }

    /// A typing error must not send users' passwords, and then their data, to another server.
    private func requireDatabases(of server: DatabaseServer, at request: ServerRequest) async throws {
        let configs = try await main.withDatabase(.read) { try await ConfigRepository($0).usable(onServer: server.id) }
        let there = Set(
            try await countedEngines.engine(server.engine).databaseNames(at: request.location, beginningWith: "")
                .map { $0.lowercased() })
        let missing = configs.compactMap(\.name).filter { !there.contains($0.lowercased()) }
        guard missing.isEmpty else {
            throw TenancyError(
                .databaseMissing,
                "\(missing.count) of \(configs.count) databases of the server \(server.name) are not at "
                    + "\(request.location.serverAddress), or that login may not see them: "
                    + missing.prefix(Self.namesTold).joined(separator: ", ")
                    + (missing.count > Self.namesTold ? ", …" : "")
                    + ". Nothing was changed. Restore them there first, or check the address.", engine: server.engine)
        }
        for config in configs.prefix(Self.stampsRead) {
            var place = try provisioner.location(of: config)
            (place.host, place.port, place.tls) = (request.host, request.port, request.tls)
            let engine = try countedEngines.engine(server.engine)
            let answer = try await engine.queryOnce(DatabaseIdentity.query(in: engine.dialect), at: place)
            try Provisioner.verify(try DatabaseIdentity.stamp(in: answer), of: config, schema: schema)
        }
    }

    // MARK: Removing

    /// Checks that a server can be removed.
    /// - Throws: ``TenancyError`` `invalidConfiguration` if users' databases or jobs use it.
    public func requireUnused(_ server: DatabaseServer) async throws {
        try Self.refuse(
            try await main.withDatabase(.read) { try await ServerRepository($0).use(of: server.id) }, server)
    }

    private static func refuse(_ use: ServerRepository.Use, _ server: DatabaseServer) throws {
        guard use.databases > 0 else { return }
        let jobs = use.jobs > 0 ? ", and \(use.jobs) of their users' jobs are under way" : ""
        throw TenancyError(
            .invalidConfiguration,
            "The server \(server.name) holds \(use.databases) users' databases\(jobs): it cannot be removed before they are "
                + "gone. List them: unify database list --server \(server.name)", engine: server.engine)
    }

    /// Removes an unused server and drops its stock.
    /// - Returns: the names of stock databases that could not be dropped and remain there.
    /// - Throws: ``TenancyError`` `serverNotFound`, `invalidConfiguration` if it is in use.
    public func removeServer(_ name: String) async throws -> [String] {
        let server = try await server(named: name)
        try await requireUnused(server)
        return try await withoutCancellation { [self] in
            let left = try await warmPool.empty(server)
            let date = main.time.wallNow
            try await main.transaction { database in
                let servers = ServerRepository(database)
                guard try await servers.lock(server.id) != nil else { return }
                try Self.refuse(try await servers.use(of: server.id), server)
                try await servers.delete(server.id)
                try await ChangeLog(database).appendKeyChange(date: date)
                try await AuditLog(database).append(
                    "server.remove", actor: nil, userID: nil,
                    detail: left.isEmpty ? server.name : "\(server.name); left there: \(left.joined(separator: ", "))",
                    date: date)
            }
            await apply(.keys)
            return left
        }
    }
}
