public import Tenancy

// A server's login may be the only one that a location has: then it makes and removes its database itself, and no login
// is made.
extension MySQLEngine {
    /// Making is not atomic, since every CREATE TABLE commits by itself. A marker table says that it has begun; it goes
    /// when all is there. A database with the marker and no stamp is made anew from nothing.
    public func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        let name = try Self.name(of: location)
        if location.provisioningLogin != nil { _ = try MySQLAccount(of: location) }
        let connection = try await beforeAnyEffect { try await openAdministrator(of: location) }
        try await connection.closing { connection in
            try await connection.administer { link in
                if try !link.selectIfThere(name) { try link.makeDatabase(name) }
            }
            try await complete(location, schema: schema, identity: identity, on: connection)
        }
    }

    private func complete(
        _ location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?,
        on connection: ServerConnection<MySQLHandle>
    ) async throws {
        var state = try await state(schema: schema, on: connection)
        if state == .occupied {
            if let identity, try await stamp(on: connection) == identity { try await grant(location, on: connection) }
            return
        }
        let isNew = state == .empty
        if isNew {
            try await connection.administer { try $0.beginMaking() }
            try await schema.create(on: connection, dialect: dialect, date: time.wallNow)
            state = .unstamped
        }
        try await grant(location, on: connection)
        if let identity {
            _ = try await connection.execute(identity.insertion(in: dialect), limits: StatementLimits())
        }
        if isNew { try await connection.administer { try $0.endMaking() } }
    }

    public func schemaState(of location: DatabaseLocation, schema: Schema) async throws -> SchemaState {
        let login = location.login(for: .maintenance)
        guard let login else { throw Self.wrong("The location has no login.") }
        let connection = try await open(location, database: try Self.name(of: location), as: login, role: .maintenance)
        return try await connection.closing { connection in
            let tables = try await connection.administer { try $0.tables() }
            if tables.contains(where: MySQLLink.isMarker), try await stamp(on: connection) == nil { return .unstamped }
            return try await SchemaState.read(
                tables: tables.filter { !MySQLLink.isMarker($0) }, schema: schema, on: connection, dialect: dialect)
        }
    }

    /// The state of the database that the connection is in, where what an earlier make has left is cleared away.
    private func state(schema: Schema, on connection: ServerConnection<MySQLHandle>) async throws -> SchemaState {
        var tables = try await connection.administer { try $0.tables() }
        if tables.contains(where: MySQLLink.isMarker) {
            if try await stamp(on: connection) == nil {
                try await connection.administer { try $0.dropTables() }
                tables = []
            } else {
                // Only the marker's own end was missing.
                try await connection.administer { try $0.endMaking() }
                tables.removeAll(where: MySQLLink.isMarker)
            }
        }
        return try await SchemaState.read(tables: tables, schema: schema, on: connection, dialect: dialect)
    }

    private func stamp(on connection: ServerConnection<MySQLHandle>) async throws -> DatabaseIdentity? {
        do {
            return try await DatabaseIdentity.read(from: connection, dialect: dialect)
        } catch let error as TenancyError where error.code == .tableMissing {
            return nil
        }
    }

    private func grant(_ location: DatabaseLocation, on connection: ServerConnection<MySQLHandle>) async throws {
        guard location.provisioningLogin != nil else { return }
        let account = try MySQLAccount(of: location)
        let name = try Self.name(of: location)
        try await requirePrivacy(of: location, on: connection)
        // One that is there may be anybody's: it is touched only if it takes the password that nobody else knows.
        if try await !connection.administer({ try $0.makeLoginIfMissing(account) }), try await !isOwn(account, location)
        {
            throw Self.wrong(
                "The account \(account.sql) is on the server already and does not take this database's password, so it is "
                    + "somebody else's. Installations that share a server need different UNIFY_DATABASE_PREFIXes; an account "
                    + "that nobody needs any more goes by: DROP USER \(account.sql)")
        }
        try await connection.administer { try $0.grant(account, on: name) }
    }

    /// Whether an account is the location's own: by the password, which was random and is told nobody, or by what the
    /// caller knows.
    private func isOwn(_ account: MySQLAccount, _ location: DatabaseLocation) async throws -> Bool {
        guard let login = location.login else { return false }
        if location.isLoginProven { return true }
        do {
            let own = try await open(location, database: nil, as: login, role: .maintenance)
            return try await own.closing { try await $0.administer { try $0.currentAccount() == account.name } }
        } catch let error as TenancyError where error.code == .loginRefused {
            return false
        }
    }

    /// Passwords go to the server as they are: over a network only encrypted, unless the operator wants it otherwise.
    private func requirePrivacy(
        of location: DatabaseLocation, on connection: ServerConnection<MySQLHandle>
    ) async throws {
        guard !location.isOnThisMachine, location.tls.mode != .disable else { return }
        guard try await connection.administer({ $0.isEncrypted }) else {
            throw Self.wrong(
                "The connection to \(MySQLErrors.place(location)) is not encrypted, and the login's password would cross "
                    + "the network in clear. Register the server with --tls verify-full, or with --tls disable where the "
                    + "network is trusted.")
        }
    }

    public func grantAccess(to location: DatabaseLocation) async throws {
        guard location.provisioningLogin != nil else { return }
        let account = try MySQLAccount(of: location)
        let name = try Self.name(of: location)
        try await withAdministrator(of: location) { connection in
            try await connection.administer { link in
                guard try link.selectIfThere(name) else { throw Self.missing(location) }
                try link.grant(account, on: name)
            }
        }
    }

    public func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws {
        guard let login = location.login else { throw Self.wrong("The location has no login.") }
        guard location.provisioningLogin != nil else {
            let connection = try await open(location, database: nil, as: login, role: .maintenance)
            return try await connection.closing { connection in
                try await requirePrivacy(of: location, on: connection)
                try await connection.administer { try $0.setOwnPassword(password) }
            }
        }
        var changed = location
        changed.login = Login(name: login.name, password: password)
        let account = try MySQLAccount(of: changed)
        try await withAdministrator(of: location) { connection in
            try await requirePrivacy(of: location, on: connection)
            try await connection.administer { try $0.setPassword(of: account) }
        }
    }

    /// The login goes first, so that nobody comes in any more; who is in already is put out, by the login itself: a
    /// session may end others of its own name.
    public func dropDatabase(at location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        try await withAdministrator(of: location) { connection in
            if location.provisioningLogin != nil { try await dropLogin(of: location, on: connection) }
            try await connection.administer { try $0.control("DROP DATABASE IF EXISTS \(MySQLLink.quote(name))") }
        }
    }

    private func dropLogin(of location: DatabaseLocation, on administrator: ServerConnection<MySQLHandle>) async throws
    {
        guard let login = location.login else { return }
        let account = try MySQLAccount(of: location)
        guard try await isOwn(account, location) else { return }
        // A login that is not let in any more, or is gone, cannot put out its sessions; then DROP DATABASE waits for
        // their transactions to end, up to the limit of locks.
        let own = try? await open(location, database: nil, as: login, role: .maintenance)
        do {
            try await administrator.administer { try $0.dropLogin(account) }
            // Best effort, as above.
            try? await own?.administer { try $0.endOtherSessions() }
            await own?.close()
        } catch {
            await own?.close()
            throw error
        }
    }

    /// MySQL cannot rename a database: its tables move into a new one, all at once, and the old one is dropped.
    public func setAside(_ location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        let aside = ServerName.aside(of: name, at: time.wallNow)
        try await withAdministrator(of: location) { connection in
            try await connection.administer { link in
                guard try link.selectIfThere(name) else { return }
                try link.moveTables(from: name, to: aside)
                try link.control("DROP DATABASE \(MySQLLink.quote(name))")
            }
        }
    }

    // MARK: Lending

    /// Lends a connection of whoever makes databases here, in no database, with the name's lock held.
    private func withAdministrator(
        of location: DatabaseLocation, _ body: (ServerConnection<MySQLHandle>) async throws -> Void
    ) async throws {
        try await openAdministrator(of: location).closing(after: body)
    }

    /// The lock goes with the connection.
    private func openAdministrator(of location: DatabaseLocation) async throws -> ServerConnection<MySQLHandle> {
        let name = try Self.name(of: location)
        guard let login = location.login(for: .maintenance) else { throw Self.wrong("The location has no login.") }
        let connection = try await open(location, database: nil, as: login, role: .maintenance)
        do {
            let lock = MakerLock.name(of: name, at: location)
            try await connection.administer(limit: MySQLLink.makerLimit + .seconds(5)) { try $0.lockMaking(as: lock) }
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }
}
