public import Tenancy

// A location with a single login makes and removes its database with that, and no login is made.
extension MySQLEngine {
    /// Making is not atomic, because every CREATE TABLE commits by itself. A marker table shows that it has begun,
    /// and is dropped at the end. A database with the marker and no stamp is made anew.
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
        let content = try await content(schema: schema, on: connection)
        if content == .occupied {
            if let identity, try await stamp(on: connection) == identity { try await grant(location, on: connection) }
            return
        }
        let isNew = content == .empty
        if isNew { try await connection.administer { try $0.beginMaking() } }
        if content != .unstamped {
            try await schema.create(on: connection, dialect: dialect, date: time.wallNow, in: content)
        }
        try await grant(location, on: connection)
        if let identity {
            _ = try await connection.execute(identity.insertion(in: dialect), limits: StatementLimits())
        }
        if isNew { try await connection.administer { try $0.endMaking() } }
    }

    public func databaseContent(of location: DatabaseLocation, schema: Schema) async throws -> DatabaseContent {
        let login = location.login(for: .maintenance)
        guard let login else { throw Self.wrong("The location has no login.") }
        let connection = try await open(location, database: try Self.name(of: location), as: login, role: .maintenance)
        return try await connection.closing { connection in
            let tables = try await connection.administer { try $0.tables() }
            if tables.contains(where: MySQLLink.isMarker), try await stamp(on: connection) == nil { return .unstamped }
            return try await DatabaseContent.read(
                tables: tables.filter { !MySQLLink.isMarker($0) }, schema: schema, on: connection, dialect: dialect)
        }
    }

    /// What the connection's database contains, after removing what an interrupted make has left.
    private func content(schema: Schema, on connection: ServerConnection<MySQLHandle>) async throws -> DatabaseContent {
        var tables = try await connection.administer { try $0.tables() }
        if tables.contains(where: MySQLLink.isMarker) {
            if try await stamp(on: connection) == nil {
                try await connection.administer { try $0.dropTables() }
                tables = []
            } else {
                // Only the removal of the marker was missing.
                try await connection.administer { try $0.endMaking() }
                tables.removeAll(where: MySQLLink.isMarker)
            }
        }
        return try await DatabaseContent.read(tables: tables, schema: schema, on: connection, dialect: dialect)
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
        // An existing login may be anyone's: it is changed only if it accepts the password that nobody else knows.
        if try await !connection.administer({ try $0.makeLoginIfMissing(account) }), try await !isOwn(account, location)
        {
            throw Self.wrong(
                "The account \(account.sql) is on the server already and does not take this database's password, so it is "
                    + "somebody else's. Installations that share a server need different UNIFY_DATABASE_PREFIXes; an account "
                    + "that nobody needs any more goes by: DROP USER \(account.sql)")
        }
        try await connection.administer { try $0.grant(account, on: name) }
    }

    /// Whether an account is the location's own: it accepts the random password that only we know, or the caller
    /// knows it to be.
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

    /// Passwords are sent to the server as they are: over a network only encrypted, unless the operator decides
    /// otherwise.
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

    /// The login goes first, so that no new sessions begin. Existing sessions are ended by the login itself, which
    /// may end others of its own name.
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
        // A login that is refused or gone cannot end its sessions; DROP DATABASE then waits for their transactions,
        // up to the lock limit.
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

    /// MySQL cannot rename a database: its tables are moved into a new one in one statement, and the old one is
    /// dropped.
    public func quarantine(_ location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        let aside = ServerName.quarantineName(of: name, at: time.wallNow)
        try await withAdministrator(of: location) { connection in
            try await connection.administer { link in
                guard try link.selectIfThere(name) else { return }
                try link.moveTables(from: name, to: aside)
                try link.control("DROP DATABASE \(MySQLLink.quote(name))")
            }
        }
    }

    // MARK: Lending

    /// Lends a connection of the login that makes databases here, in no database, with the name's lock held.
    private func withAdministrator(
        of location: DatabaseLocation, _ body: (ServerConnection<MySQLHandle>) async throws -> Void
    ) async throws {
        try await openAdministrator(of: location).closing(after: body)
    }

    /// The lock is released with the connection.
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
