/// Decides where a new user database goes: into a file, onto a registered server, or into a database of the
/// operator's that is attached.
struct Placement: Sendable {
    let engines: EngineRegistry
    let schema: Schema
    let defaultEngine: EngineKind
    /// The prefix of database and login names, so that several installations can share a server.
    let namePrefix: String
    /// Hosts, besides registered servers, on which databases may be attached.
    let attachHosts: [AttachHost]
    let keyRing: KeyRing

    /// Names of the servers' own databases and of templates.
    private static let reserved: Set<String> = [
        "postgres", "template0", "template1", "mysql", "sys", "information_schema", "performance_schema", "master",
        "model", "msdb", "tempdb",
    ]

    /// - Parameter database: the main database, in the transaction that stores the config.
    /// - Throws: ``TenancyError`` `invalidConfiguration`, `engineUnavailable`, `serverNotFound`.
    func makeConfig(
        for userID: UserID, _ request: ProvisioningRequest, in database: DatabaseHandle, date: Timestamp
    ) async throws -> UserDatabaseConfig {
        if let name = request.server {
            guard let server = try await ServerRepository(database).find(name: name) else {
                throw TenancyError(.serverNotFound, "There is no server \(name). List them: unify server list")
            }
            return try await onServer(server, userID, request, in: database, date: date)
        }
        let kind = request.engine ?? defaultEngine
        if try engines.engine(kind).capabilities.isEmbedded {
            return try embedded(kind, userID, request, date: date)
        }
        if request.host != nil { return try await attached(kind, userID, request, in: database, date: date) }
        let server = try await emptiestServer(kind, in: database)
        return try await onServer(server, userID, request, in: database, date: date)
    }

    private func embedded(
        _ kind: EngineKind, _ userID: UserID, _ request: ProvisioningRequest, date: Timestamp
    ) throws -> UserDatabaseConfig {
        guard request.serverWords.isEmpty else {
            throw refusal(
                "An \(kind.rawValue) database is a file and takes no \(request.serverWords.joined(separator: ", ")).",
                userID, kind)
        }
        return UserDatabaseConfig(
            userID: userID, engine: kind, host: nil, port: nil, name: nil, login: nil, sealedPassword: nil,
            sealedNextPassword: nil, tls: TLSOptions(), path: UserDatabaseFiles.relativePath(of: userID),
            uuid: .random(), epoch: 1, state: .provisioning, serverID: nil, schemaVersion: schema.version,
            createdAt: date)
    }

    // MARK: Servers

    /// The engine's server with the fewest databases among those that take new ones, so that they spread evenly.
    private func emptiestServer(_ kind: EngineKind, in database: DatabaseHandle) async throws -> DatabaseServer {
        let servers = try await ServerRepository(database).active(kind)
        // Counting reads an index of all configs, which is not worth it if there is only one server.
        let counts = servers.count > 1 ? try await ConfigRepository(database).countsByServer() : [:]
        guard let server = servers.min(by: { counts[$0.id, default: 0] < counts[$1.id, default: 0] }) else {
            throw TenancyError(
                .serverNotFound,
                "There is no \(kind.rawValue) server that takes new databases. Add one: unify server add NAME --engine "
                    + "\(kind.rawValue) --host HOST --login LOGIN", engine: kind)
        }
        return server
    }

    private func onServer(
        _ server: DatabaseServer, _ userID: UserID, _ request: ProvisioningRequest, in database: DatabaseHandle,
        date: Timestamp
    ) async throws -> UserDatabaseConfig {
        guard request.engine == nil || request.engine == server.engine else {
            throw refusal("The server \(server.name) is a \(server.engine.rawValue) server.", userID, server.engine)
        }
        guard request.host == nil, request.port == nil else {
            throw refusal("Give a server, or a host and a port, not both.", userID, server.engine)
        }
        guard server.state == .active else {
            throw refusal("The server \(server.name) takes no new databases.", userID, server.engine)
        }
        try requireUsable(request.password, userID, server.engine)
        let dialect = try engines.engine(server.engine).dialect
        if request.name == nil, request.login == nil, request.password == nil,
            let warm = try await WarmDatabaseRepository(database).claim(
                serverID: server.id, fingerprint: schema.fingerprint(in: dialect))
        {
            let place = WarmDatabaseRepository.WarmDatabase.passwordPlace(of: warm.name, on: server)
            let login = Login(name: warm.name, password: try keyRing.open(warm.sealedPassword, in: place))
            return try config(on: server, userID, name: warm.name, login: login, date: date)
        }
        let name = request.name ?? "\(namePrefix)\(userID)_db"
        // The provisioning login's privileges, and the search for this installation's databases, depend on the
        // prefix.
        guard [name, request.login].compactMap({ $0 }).allSatisfy({ $0.hasPrefix(namePrefix) }) else {
            throw refusal(
                "On a registered server names of databases and logins begin with \(namePrefix) (UNIFY_DATABASE_PREFIX).",
                userID, server.engine)
        }
        try await requireFree(
            name, login: request.login, host: server.host, port: server.port, server.engine, userID, in: database)
        let login = Login(
            name: request.login ?? "\(namePrefix)\(userID)", password: request.password ?? .randomPassword())
        if let fault = ServerName.fault(in: login.name) {
            throw refusal("The login's name \(fault)", userID, server.engine)
        }
        guard login.name.lowercased() != server.login.lowercased() else {
            throw refusal(
                "\(login.name) is the login that makes databases there. Choose another.", userID, server.engine)
        }
        return try config(on: server, userID, name: name, login: login, date: date)
    }

    private func config(
        on server: DatabaseServer, _ userID: UserID, name: String, login: Login, date: Timestamp
    ) throws -> UserDatabaseConfig {
        let place = PasswordPlace.config(
            of: userID, server.engine, host: server.host, port: server.port, login: login.name, tls: server.tls)
        return UserDatabaseConfig(
            userID: userID, engine: server.engine, host: server.host, port: server.port, name: name, login: login.name,
            sealedPassword: try keyRing.seal(login.password, in: place),
            sealedNextPassword: nil, tls: server.tls, path: nil, uuid: .random(), epoch: 1, state: .provisioning,
            serverID: server.id, schemaVersion: schema.version, createdAt: date)
    }

    private func requireFree(
        _ name: String, login: String?, host: String, port: Int?, _ engine: EngineKind, _ userID: UserID,
        in database: DatabaseHandle
    ) async throws {
        if let fault = ServerName.fault(in: name) { throw refusal("The database's name \(fault)", userID, engine) }
        guard !Self.reserved.contains(name.lowercased()), !name.lowercased().hasPrefix("unify_template_") else {
            throw refusal("The database \(name) is the server's own. Choose another name.", userID, engine)
        }
        let owner = try await ConfigRepository(database).owner(
            host: host, port: port, engine: engine, name: name, login: login)
        guard owner == nil || owner == userID else {
            throw refusal("The database \(name), or the login, is another user's.", userID, engine)
        }
    }

    // MARK: Attaching

    private func attached(
        _ kind: EngineKind, _ userID: UserID, _ request: ProvisioningRequest, in database: DatabaseHandle,
        date: Timestamp
    ) async throws -> UserDatabaseConfig {
        guard let host = request.host, let name = request.name, let login = request.login,
            let password = request.password, !login.isEmpty, !login.utf8.contains(0)
        else {
            throw refusal(
                "To attach a database that is there already, give host, name, login and password; to have one made, "
                    + "give a server.", userID, kind)
        }
        guard DatabaseLocation.isHost(host, on: kind) else {
            throw refusal("The host must be one name or address, without / @ , and the like.", userID, kind)
        }
        guard request.port.map({ (1...65_535).contains($0) }) ?? true else {
            throw refusal("A port is a number from 1 to 65535.", userID, kind)
        }
        try requireUsable(password, userID, kind)
        try await requireAllowed(host: host, port: request.port, kind, userID, in: database)
        try await requireFree(name, login: nil, host: host, port: request.port, kind, userID, in: database)
        let tls = request.tls ?? .standard(for: host)
        let place = PasswordPlace.config(
            of: userID, kind, host: host, port: request.port, login: login, tls: tls)
        return UserDatabaseConfig(
            userID: userID, engine: kind, host: host, port: request.port, name: name, login: login,
            sealedPassword: try keyRing.seal(password, in: place),
            sealedNextPassword: nil, tls: tls, path: nil, uuid: .random(), epoch: 1,
            state: .provisioning, serverID: nil, schemaVersion: schema.version, createdAt: date)
    }

    /// - Throws: ``TenancyError`` `invalidConfiguration` unless the host is a registered server's or listed.
    private func requireAllowed(
        host: String, port: Int?, _ kind: EngineKind, _ userID: UserID, in database: DatabaseHandle
    ) async throws {
        let servers = try await ServerRepository(database).list(after: 0, limit: 10_000)
        let known = servers.filter { $0.engine == kind && $0.host.lowercased() == host.lowercased() }
        guard !known.contains(where: { $0.port ?? kind.usualPort == port ?? kind.usualPort }),
            !attachHosts.contains(where: { $0.allows(host: host, port: port, usualPort: kind.usualPort) })
        else { return }
        let place = (port ?? kind.usualPort).map { "\(host):\($0)" } ?? host
        throw refusal(
            "Databases may not be attached on \(place): it is no registered server, and UNIFY_ATTACH_HOSTS does not name "
                + "it. Add it there: UNIFY_ATTACH_HOSTS=\(place)", userID, kind)
    }

    private func requireUsable(_ password: Secret<String>?, _ userID: UserID, _ kind: EngineKind) throws {
        guard let password, let fault = try engines.engine(kind).fault(in: password) else { return }
        throw refusal("The password cannot be used: \(fault)", userID, kind)
    }

    private func refusal(_ message: String, _ userID: UserID, _ engine: EngineKind) -> TenancyError {
        TenancyError(.invalidConfiguration, message, userID: userID, engine: engine)
    }
}

extension Secret<String> {
    /// 32 random characters of base64url (192 bits), plus a suffix that satisfies password rules.
    static func randomPassword() -> Secret<String> {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<24).map { _ in UInt8.random(in: 0...255, using: &generator) }
        // Some servers require a letter of each case, a digit and a symbol.
        return Secret("\(Base64URL.encode(bytes))-aA1")
    }
}
