public import Tenancy

/// Making and removing databases and their logins.
///
/// Processes that make the same database exclude each other by an application lock in `master`. Tables are made in
/// one transaction. Login, privileges and, last, the stamp follow, so a database without a stamp is unfinished. A
/// login's default database marks it as that database's own.
extension SQLServerEngine {
    public func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        let name = try Self.name(of: location)
        let master = try await beforeAnyEffect { try await open(location, database: "master", role: .maintenance) }
        try await master.closing(after: { master in
            try await beforeAnyEffect { try await requireUsableName(name, on: master) }
            try await lock(location, on: master)
            let isNew = try await !exists(name, on: master)
            if isNew { try await retryingWhileBusy { try await create(name, on: master) } }
            if try await !isBabelfish(master) {
                // An existing one may be left from an interrupted make.
                let isEmpty = isNew ? true : try await databaseContent(of: location, schema: schema) == .empty
                if isEmpty { try await keepRowVersions(in: name, on: master) }
            }
            try await complete(location, schema: schema, identity: identity, master: master)
        })
    }

    private func requireUsableName(_ name: String, on master: ServerConnection<SQLServerHandle>) async throws {
        guard name.utf8.contains(where: { $0 >= 0x80 }), try await isBabelfish(master) else { return }
        throw Self.wrong(
            "Babelfish breaks off sessions in a database whose name is not ASCII, such as \(name). Give another name.")
    }

    /// Names are compared without regard to case, whatever the server's collation; Babelfish has no other comparison.
    private func create(_ name: String, on master: ServerConnection<SQLServerHandle>) async throws {
        let collation = try await isBabelfish(master) ? "" : " COLLATE Latin1_General_100_CI_AS"
        _ = try await run("CREATE DATABASE \(quoted(name))\(collation)", on: master)
    }

    /// Row versions let readers wait for nobody, and give transactions a snapshot. PostgreSQL, and so Babelfish,
    /// always has them.
    private func keepRowVersions(in name: String, on master: any DatabaseConnection) async throws {
        let sql = """
            SELECT is_read_committed_snapshot_on AS Is_Read_Committed, \
            CAST(CASE WHEN snapshot_isolation_state = 1 THEN 1 ELSE 0 END AS BIT) AS Is_Snapshot \
            FROM sys.databases WHERE name = ?
            """
        let found = try await run(sql, [.text(name)], on: master).first
        var statements: [String] = []
        if try found?.boolean("Is_Read_Committed") != true {
            statements.append("ALTER DATABASE \(quoted(name)) SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE")
        }
        if try found?.boolean("Is_Snapshot") != true {
            statements.append("ALTER DATABASE \(quoted(name)) SET ALLOW_SNAPSHOT_ISOLATION ON")
        }
        do {
            for sql in statements { try await retryingWhileBusy { _ = try await run(sql, on: master) } }
        } catch let error as TenancyError where error.code == .notAuthorized {
            throw Self.wrong(
                "The database \(name) keeps no row versions, and its login may not change that. As its owner: "
                    + statements.joined(separator: "; "))
        }
    }

    /// Completes a database, unless it belongs to someone else.
    private func complete(
        _ location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?,
        master: ServerConnection<SQLServerHandle>
    ) async throws {
        try await withDatabase(location) { connection in
            let content = try await content(of: connection, schema: schema)
            switch content {
            case .empty, .unfinished:
                try await schema.create(on: connection, dialect: dialect, date: time.wallNow, in: content)
            case .unstamped: break
            case .occupied:
                guard let identity, try await stamp(on: connection) == identity else { return }
            }
            if location.provisioningLogin != nil, let login = location.login {
                // Each is repeatable.
                try await retryingWhileBusy { try await makeLogin(login, for: location, on: master) }
                try await retryingWhileBusy { try await makeUser(login.name, on: connection) }
                try await retryingWhileBusy { try await grant(to: login.name, on: connection) }
            }
            if let identity, try await stamp(on: connection) == nil {
                _ = try await connection.execute(identity.insertion(in: dialect), limits: StatementLimits())
            }
        }
    }

    private func stamp(on connection: any DatabaseConnection) async throws -> DatabaseIdentity? {
        do {
            return try await DatabaseIdentity.read(from: connection, dialect: dialect)
        } catch let error as TenancyError where error.code == .tableMissing {
            return nil
        }
    }

    public func databaseContent(of location: DatabaseLocation, schema: Schema) async throws -> DatabaseContent {
        try await withDatabase(location) { try await content(of: $0, schema: schema) }
    }

    private func content(of connection: any DatabaseConnection, schema: Schema) async throws -> DatabaseContent {
        try await DatabaseContent.read(tables: tables(on: connection), schema: schema, on: connection, dialect: dialect)
    }

    private func tables(on connection: any DatabaseConnection) async throws -> [String] {
        let sql = "SELECT name AS Name FROM sys.objects WHERE type IN ('U', 'V') AND is_ms_shipped = 0"
        return try await run(sql, on: connection).map { try $0.text("Name") }
    }

    // MARK: Logins

    /// Makes the login, or sets the password of the existing one. A login that was not made for this database is
    /// refused, because it may be anyone's.
    private func makeLogin(
        _ login: Login, for location: DatabaseLocation, on master: ServerConnection<SQLServerHandle>
    ) async throws {
        let database = try Self.name(of: location)
        let name = login.name
        guard Self.fault(inName: name) == nil, name.lowercased() != location.provisioningLogin?.name.lowercased()
        else { throw badLogin(name) }
        guard let home = try await defaultDatabase(ofLogin: name, on: master) else {
            // The password is random and long; a policy could only lock the login out.
            let policy = try await isBabelfish(master) ? "" : ", CHECK_POLICY = OFF"
            try await requirePrivacy(of: location, on: master)
            let sql = """
                CREATE LOGIN \(quoted(name)) WITH PASSWORD = \(try passwordLiteral(login.password)), \
                DEFAULT_DATABASE = \(quoted(database))\(policy)
                """
            return try await master.run { try $0.control(sql) }
        }
        guard Self.isMark(home, of: database) else { throw badLogin(login.name) }
        try await setPassword(of: login, at: location, on: master)
        if home != database {
            _ = try await run("ALTER LOGIN \(quoted(name)) WITH DEFAULT_DATABASE = \(quoted(database))", on: master)
        }
        _ = try await run("ALTER LOGIN \(quoted(name)) ENABLE", on: master)
    }

    private func badLogin(_ name: String) -> TenancyError {
        Self.wrong(
            "The login \(name) is on the server already, for something else, or is no good name. Give another one.")
    }

    private func defaultDatabase(ofLogin name: String, on master: any DatabaseConnection) async throws -> String? {
        let sql = "SELECT COALESCE(default_database_name, '') AS Home FROM sys.server_principals WHERE name = ?"
        return try await run(sql, [.text(name)], on: master).first?.text("Home")
    }

    public func fault(in password: Secret<String>) -> String? {
        let text = password.unsafeReveal()
        if text.isEmpty || text.utf16.count > 128 { return "SQL Server takes 1 to 128 characters." }
        if text.utf8.contains(0) { return "it holds a NUL character." }
        return text.contains("}") ? "ODBC drivers do not all take the character }." : nil
    }

    /// A password goes to the server as it is: over a network only encrypted, unless the operator wants it otherwise.
    private func requirePrivacy(
        of location: DatabaseLocation, on connection: ServerConnection<SQLServerHandle>
    ) async throws {
        guard !location.isOnThisMachine, location.tls.mode != .disable else { return }
        guard try await connection.run({ $0.link.isEncrypted }) else {
            throw Self.wrong(
                "The connection to \(SQLServerErrors.place(location)) is not encrypted, and the login's password would "
                    + "cross the network in clear. Register the server with --tls require, or with --tls disable if you "
                    + "trust the network.")
        }
    }

    private func passwordLiteral(_ password: Secret<String>) throws -> String {
        let text = password.unsafeReveal()
        if let fault = fault(in: password) { throw Self.wrong("The password cannot be used: \(fault)") }
        return SQLServerDialect.literal(text)
    }

    private func setPassword(
        of login: Login, at location: DatabaseLocation, on master: ServerConnection<SQLServerHandle>
    ) async throws {
        try await requirePrivacy(of: location, on: master)
        let password = try passwordLiteral(login.password)
        let sql = "ALTER LOGIN \(quoted(login.name)) WITH PASSWORD = \(password)"
        try await master.run { try $0.control(sql) }
    }

    /// Makes the database's user for the login.
    private func makeUser(_ login: String, on connection: any DatabaseConnection) async throws {
        let sql = "SELECT 1 AS Found FROM sys.database_principals WHERE name = ?"
        if try await run(sql, [.text(login)], on: connection).isEmpty {
            _ = try await run("CREATE USER \(quoted(login)) FOR LOGIN \(quoted(login))", on: connection)
        }
    }

    /// Privileges on rows; the stamp and the migration record are read-only; none on anything else.
    private func grant(to login: String, on connection: any DatabaseConnection) async throws {
        let readOnly = Set([SchemaMigrations.table, DatabaseIdentity.table].map { $0.name.text.lowercased() })
        for table in try await tables(on: connection) {
            guard let name = Identifier(table) else { continue }
            let rights = readOnly.contains(table.lowercased()) ? "SELECT" : "SELECT, INSERT, UPDATE, DELETE"
            _ = try await run("GRANT \(rights) ON \(dialect.quote(name)) TO \(quoted(login))", on: connection)
        }
    }

    public func grantAccess(to location: DatabaseLocation) async throws {
        guard location.provisioningLogin != nil, let login = location.login else { return }
        try await withDatabase(location) { connection in
            try await retryingWhileBusy { try await grant(to: login.name, on: connection) }
        }
    }

    public func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws {
        guard let login = location.login else { throw Self.wrong("The location has no login.") }
        let changed = Login(name: login.name, password: password)
        guard location.provisioningLogin == nil else {
            return try await withMaster(location) { master in
                try await retryingWhileBusy { try await setPassword(of: changed, at: location, on: master) }
            }
        }
        // Changing one's own password requires the old one.
        let sql = """
            ALTER LOGIN \(quoted(login.name)) WITH PASSWORD = \(try passwordLiteral(password)) \
            OLD_PASSWORD = \(try passwordLiteral(login.password))
            """
        try await withDatabase(location) { connection in
            try await requirePrivacy(of: location, on: connection)
            try await connection.run { try $0.control(sql) }
        }
    }

    // MARK: Removing

    /// The login is disabled first, so that no new sessions begin.
    public func dropDatabase(at location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        try await withMaster(location) { master in
            try await lock(location, on: master)
            let login = try await ownLogin(of: location, on: master)
            if let login {
                try await retryingWhileBusy { _ = try await run("ALTER LOGIN \(login) DISABLE", on: master) }
            }
            if try await exists(name, on: master) {
                try await retryingWhileBusy {
                    try await endSessions(in: name, on: master)
                    _ = try await run("DROP DATABASE \(quoted(name))", on: master)
                }
            }
            if let login { try await retryingWhileBusy { _ = try await run("DROP LOGIN \(login)", on: master) } }
        }
    }

    /// The quoted name of the location's login, if it was made for this database.
    private func ownLogin(of location: DatabaseLocation, on master: any DatabaseConnection) async throws -> String? {
        guard location.provisioningLogin != nil, let name = location.login?.name else { return nil }
        let home = try await defaultDatabase(ofLogin: name, on: master)
        return try Self.isMark(home, of: Self.name(of: location)) ? quoted(name) : nil
    }

    /// Whether this default database shows that a login was made for the database of this name. Where a database is set
    /// aside, Babelfish gives its logins the new name as well.
    private static func isMark(_ home: String?, of name: String) -> Bool {
        home == name || home?.hasPrefix(ServerName.quarantinePrefix(of: name)) == true
    }

    private func endSessions(in name: String, on master: ServerConnection<SQLServerHandle>) async throws {
        guard try await isBabelfish(master) else {
            _ = try await run("ALTER DATABASE \(quoted(name)) SET SINGLE_USER WITH ROLLBACK IMMEDIATE", on: master)
            return
        }
        let sql = """
            SELECT CAST(session_id AS BIGINT) AS ID FROM sys.dm_exec_sessions \
            WHERE database_id = DB_ID(?) AND session_id <> @@SPID
            """
        for row in try await run(sql, [.text(name)], on: master) {
            let session = try row.integer("ID")
            // A session that has ended by itself is fine too.
            _ = try? await run("KILL \(session)", on: master)
        }
    }

    /// Repeats a change of the server's catalog while others hold what it needs: sessions end a moment after they are
    /// told to, and the server may refuse one of two concurrent changes.
    private func retryingWhileBusy(_ body: () async throws -> Void) async throws {
        for pause in [20, 50, 100, 250, 500, 1000] {
            do {
                return try await body()
            } catch let error as TenancyError where error.code == .busy {
                try await time.sleep(for: .milliseconds(pause))
            }
        }
        try await body()
    }

    public func quarantine(_ location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        let other = ServerName.quarantineName(of: name, at: time.wallNow)
        try await withMaster(location) { master in
            try await lock(location, on: master)
            guard try await exists(name, on: master) else { return }
            if try await ownLogin(of: location, on: master) != nil, let login = location.login {
                try await withDatabase(location) {
                    let sql = "SELECT 1 AS Found FROM sys.database_principals WHERE name = ?"
                    guard try await !run(sql, [.text(login.name)], on: $0).isEmpty else { return }
                    for table in try await tables(on: $0).compactMap(Identifier.init) {
                        _ = try await run("REVOKE ALL ON \(dialect.quote(table)) FROM \(quoted(login.name))", on: $0)
                    }
                    _ = try await run("DROP USER \(quoted(login.name))", on: $0)
                }
            }
            let isBabelfish = try await isBabelfish(master)
            var places = isBabelfish ? 8 : 0
            try await retryingWhileBusy {
                defer { places = min(places * 2, 32) }
                try await endSessions(in: name, on: master)
                try await occupying(places, at: location) {
                    _ = try await run("ALTER DATABASE \(quoted(name)) MODIFY NAME = \(quoted(other))", on: master)
                }
            }
            if !isBabelfish {
                _ = try await run("ALTER DATABASE \(quoted(other)) SET MULTI_USER", on: master)
            }
        }
    }

    /// Runs the body while this many more sessions are in `master`.
    ///
    /// Babelfish does not rename a database that is named in its table of sessions, where a session that has ended
    /// stays until another takes its place. A new one takes the first place that is free.
    private func occupying(_ places: Int, at location: DatabaseLocation, _ body: () async throws -> Void) async throws {
        guard places > 0 else { return try await body() }
        try await withMaster(location) { _ in try await occupying(places - 1, at: location, body) }
    }

    // MARK: Helpers

    /// Lends a connection to `master`.
    func withMaster<Result>(
        _ location: DatabaseLocation, _ body: (ServerConnection<SQLServerHandle>) async throws -> Result
    ) async throws -> Result {
        try await open(location, database: "master", role: .maintenance).closing(after: body)
    }

    /// Lends a connection to this database, of the login that makes databases here.
    func withDatabase<Result>(
        _ location: DatabaseLocation, _ body: (ServerConnection<SQLServerHandle>) async throws -> Result
    ) async throws -> Result {
        let name = try Self.name(of: location)
        do {
            return try await open(location, database: name, role: .maintenance).closing(after: body)
        } catch let error as TenancyError where error.code == .loginRefused {
            guard try await withMaster(location, { try await exists(name, on: $0) }) else {
                throw missing(location)
            }
            throw error
        }
    }

    func run(
        _ sql: String, _ parameters: [SQLValue] = [], on connection: any DatabaseConnection
    ) async throws -> ResultSet {
        try await connection.query(
            SQLStatement(sql, parameters), limits: StatementLimits(timeLimit: options.provisioningLimit))
    }

    func isBabelfish(_ connection: ServerConnection<SQLServerHandle>) async throws -> Bool {
        try await connection.run { $0.link.isBabelfish }
    }

    /// Held until the connection closes.
    private func lock(_ location: DatabaseLocation, on master: any DatabaseConnection) async throws {
        let sql = """
            DECLARE @outcome INT; EXEC @outcome = sp_getapplock @Resource = ?, @LockMode = 'Exclusive', \
            @LockOwner = 'Session', @LockTimeout = \(Int(options.provisioningLimit / .milliseconds(1))), \
            @DbPrincipal = 'public'; SELECT CAST(@outcome AS BIGINT) AS Outcome
            """
        let name = MakerLock.name(of: try Self.name(of: location), at: location)
        let outcome = try await run(sql, [.text(name)], on: master).first?.integer("Outcome")
        guard let outcome, outcome >= 0 else {
            throw TenancyError(.busy, "Another process works on this database. Try again.", engine: .sqlserver)
        }
    }

    /// The id is visible to logins that may see the name; HAS_DBACCESS also answers those that may not.
    func exists(_ name: String, on master: any DatabaseConnection) async throws -> Bool {
        let sql = "SELECT 1 AS Found WHERE DB_ID(?) IS NOT NULL OR HAS_DBACCESS(?) = 1"
        return try await !run(sql, [.text(name), .text(name)], on: master).isEmpty
    }

    func quoted(_ name: String) -> String { "[\(name.replacing("]", with: "]]"))]" }
}
