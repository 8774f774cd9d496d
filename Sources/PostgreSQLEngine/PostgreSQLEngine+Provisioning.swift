internal import CPostgreSQL
public import Tenancy

/// Making and removing databases and their logins.
///
/// Processes that make the same database exclude each other by an advisory lock of the server. A database is a copy
/// of a template with the schema. Login, privileges and, last, the stamp follow, so a database without a stamp is
/// unfinished.
extension PostgreSQLEngine {
    public func makeDatabase(at location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?) async throws {
        let name = try Self.name(of: location)
        guard location.provisioningLogin != nil else {
            return try await makeByOwnLogin(location, name: name, schema: schema, identity: identity)
        }
        let maintenance = try await beforeAnyEffect { try await openMaintenance(location) }
        try await maintenance.closing { maintenance in
            try await beforeAnyEffect { try await requireClosed(location, maintenance) }
            try await lock(name, on: maintenance)
            if try await !exists(name, on: maintenance) {
                let template = try await self.template(of: schema, location, on: maintenance)
                _ = try await run(
                    "CREATE DATABASE \(quoted(name)) TEMPLATE \(quoted(template))", on: maintenance)
            }
            try await complete(location, schema: schema, identity: identity, maintenance: maintenance)
        }
    }

    /// Users' logins with access to the maintenance database could hold up provisioning by locks, fill the disk with
    /// temporary tables and, up to version 14, leave code there.
    private func requireClosed(_ location: DatabaseLocation, _ maintenance: any DatabaseConnection) async throws {
        guard try await !openDatabases(of: [options.maintenanceDatabase], on: maintenance).isEmpty else { return }
        let login = quoted(try Self.required(location.provisioningLogin).name)
        throw TenancyError(
            .invalidConfiguration,
            "Every login may connect to the database \(options.maintenanceDatabase), where Unify makes others. As an "
                + "administrator of the server run: \(closingStatements(for: login).joined(separator: "; "));",
            engine: .postgresql)
    }

    /// The main database, or one that an operator made: there is no other login.
    private func makeByOwnLogin(
        _ location: DatabaseLocation, name: String, schema: Schema, identity: DatabaseIdentity?
    ) async throws {
        do {
            try await complete(location, schema: schema, identity: identity, maintenance: nil)
        } catch let error as TenancyError where error.code == .databaseMissing {
            try await withMaintenance(location) { maintenance in
                try await lock(name, on: maintenance)
                if try await !exists(name, on: maintenance) {
                    _ = try await run("CREATE DATABASE \(quoted(name)) \(Self.databaseOptions)", on: maintenance)
                    _ = try await run("REVOKE ALL ON DATABASE \(quoted(name)) FROM PUBLIC", on: maintenance)
                }
            }
            try await complete(location, schema: schema, identity: identity, maintenance: nil)
        }
    }

    /// Text sorts and compares bytewise, as on the other engines.
    private static let databaseOptions = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"

    /// Completes a database, unless it belongs to someone else.
    private func complete(
        _ location: DatabaseLocation, schema: Schema, identity: DatabaseIdentity?,
        maintenance: (any DatabaseConnection)?
    ) async throws {
        try await withConnection(to: location, as: .maintenance) { connection in
            if maintenance == nil { try await lock(try Self.name(of: location), on: connection) }
            let content = try await content(of: connection, schema: schema)
            switch content {
            case .empty, .unfinished:
                try await schema.create(on: connection, dialect: dialect, date: time.wallNow, in: content)
            case .unstamped: break
            case .occupied:
                guard let identity, try await stamp(on: connection) == identity else { return }
            }
            if let maintenance, let login = location.login {
                try await makeLogin(login, for: location, on: maintenance)
                try await grant(to: login.name, on: connection)
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
        try await withConnection(to: location, as: .maintenance) { try await content(of: $0, schema: schema) }
    }

    private func content(of connection: any DatabaseConnection, schema: Schema) async throws -> DatabaseContent {
        let sql = """
            SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg!_%' ESCAPE '!' \
            AND n.nspname <> 'information_schema'
            """
        let tables = try await run(sql, on: connection).map { try $0.text("relname") }
        return try await DatabaseContent.read(tables: tables, schema: schema, on: connection, dialect: dialect)
    }

    // MARK: Templates

    /// The database that new ones are copied from, made if it is missing. It is complete once it is marked as a
    /// template; its name contains the schema's fingerprint and the login that made it.
    private func template(
        of schema: Schema, _ location: DatabaseLocation, on maintenance: any DatabaseConnection
    ) async throws -> String {
        let maker = try Self.required(location.provisioningLogin).name
        let name = Self.templateName(fingerprint: schema.fingerprint(in: dialect), maker: maker)
        if try await isTemplate(name, on: maintenance) { return name }
        // Released at once: others wait for the template, not for the copies. After an error the connection is
        // closed.
        try await lock(name, on: maintenance)
        if try await !isTemplate(name, on: maintenance) {
            try await makeTemplate(name, of: schema, location, on: maintenance)
        }
        _ = try await run(
            "SELECT pg_catalog.pg_advisory_unlock(\(Self.lockKey))", [Self.lockName(name)], on: maintenance)
        return name
    }

    /// The digest distinguishes makers whose names are truncated or differ only in case.
    static func templateName(fingerprint: String, maker: String) -> String {
        let beginning = "unify_template_2_\(fingerprint.prefix(16))_"
        let isPlain = Identifier(maker) != nil && maker == maker.lowercased()
        guard isPlain, beginning.utf8.count + maker.utf8.count <= ServerName.maxBytes else {
            return beginning + ServerName.digest(of: maker)
        }
        return beginning + maker
    }

    private func makeTemplate(
        _ name: String, of schema: Schema, _ location: DatabaseLocation, on maintenance: any DatabaseConnection
    ) async throws {
        _ = try await run("DROP DATABASE IF EXISTS \(quoted(name))", on: maintenance)
        _ = try await run("CREATE DATABASE \(quoted(name)) \(Self.databaseOptions)", on: maintenance)
        var place = location
        place.name = name
        try await withConnection(to: place, as: .maintenance) { connection in
            try await schema.create(on: connection, dialect: dialect, date: time.wallNow, in: .empty)
            try await closeSchema(on: connection)
        }
        _ = try await run(
            "ALTER DATABASE \(quoted(name)) WITH IS_TEMPLATE true ALLOW_CONNECTIONS false", on: maintenance)
    }

    /// Anyone who may create objects in `public` could leave some that maintenance would use. Up to version 14
    /// everybody may, by a privilege that only the server's administrator can revoke.
    private func closeSchema(on connection: any DatabaseConnection) async throws {
        _ = try await run("REVOKE ALL ON SCHEMA public FROM PUBLIC", on: connection)
        let sql = """
            SELECT 1 AS found FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) a \
            WHERE n.nspname = 'public' AND a.grantee = 0 AND a.privilege_type = 'CREATE'
            """
        guard try await !run(sql, on: connection).isEmpty else { return }
        throw TenancyError(
            .invalidConfiguration,
            "Every login may make objects in the schema public of new databases. As a superuser, connected to template0 "
                + "(ALTER DATABASE template0 ALLOW_CONNECTIONS true, and false again afterwards), run: "
                + "REVOKE CREATE ON SCHEMA public FROM PUBLIC;", engine: .postgresql)
    }

    private func isTemplate(_ name: String, on maintenance: any DatabaseConnection) async throws -> Bool {
        let sql = "SELECT 1 AS found FROM pg_catalog.pg_database WHERE datname = ? AND datistemplate"
        return try await !run(sql, [.text(name)], on: maintenance).isEmpty
    }

    // MARK: Logins

    /// Makes the login, or sets the password of the existing one. A login that was not made for this database is
    /// refused, because it may be anyone's.
    private func makeLogin(
        _ login: Login, for location: DatabaseLocation, on maintenance: any DatabaseConnection
    ) async throws {
        guard ServerName.fault(in: login.name) == nil else { throw badLogin(login.name) }
        let (role, database) = (quoted(login.name), try Self.name(of: location))
        let mark = "unify:\(database)"
        let sql = """
            SELECT COALESCE(pg_catalog.shobj_description(oid, 'pg_authid'::pg_catalog.name), '') AS mark \
            FROM pg_catalog.pg_roles WHERE rolname = ?
            """
        if let row = try await run(sql, [.text(login.name)], on: maintenance).first {
            guard try row.text("mark") == mark else { throw badLogin(login.name) }
            try await setPassword(of: login, on: maintenance)
        } else {
            try await makeMarkedRole(role, mark, on: maintenance)
            try await setPassword(of: login, on: maintenance)
        }
        // A member may end the login's sessions, which dropping and renaming its database need.
        _ = try await run("GRANT \(role) TO CURRENT_USER", on: maintenance)
        _ = try await run("REVOKE ALL ON DATABASE \(quoted(database)) FROM PUBLIC", on: maintenance)
        _ = try await run("GRANT CONNECT ON DATABASE \(quoted(database)) TO \(role)", on: maintenance)
    }

    /// In one transaction: a role without its mark would be refused as someone else's from then on.
    private func makeMarkedRole(
        _ role: String, _ mark: String, on maintenance: any DatabaseConnection
    ) async throws {
        try await maintenance.begin(.write)
        do {
            _ = try await run("CREATE ROLE \(role) NOLOGIN", on: maintenance)
            _ = try await run("COMMENT ON ROLE \(role) IS '\(mark.replacing("'", with: "''"))'", on: maintenance)
            try await maintenance.commit()
        } catch {
            try await maintenance.rollback()
            throw error
        }
    }

    private func badLogin(_ name: String) -> TenancyError {
        TenancyError(
            .invalidConfiguration,
            "The login \(name) is on the server already, for something else, or is no good name. Give another one.",
            engine: .postgresql)
    }

    private static let maxPasswordTries = 20
    private static let passwordPause: Duration = .milliseconds(50)

    /// The server and its log only see the SCRAM verifier of the password. Tries again if another session changes the role
    /// at the same moment.
    private func setPassword(of login: Login, on connection: any DatabaseConnection) async throws {
        guard let connection = connection as? ServerConnection<PostgreSQLHandle> else {
            throw TenancyError(.internalFailure, "This is another engine's connection.", engine: .postgresql)
        }
        let role = quoted(login.name)
        for attempt in 1... {
            do {
                return try await connection.run { session in
                    let verifier = try session.link.verifier(of: login)
                    try session.control("ALTER ROLE \(role) WITH LOGIN PASSWORD '\(verifier)'")
                }
            } catch let error as TenancyError where error.code == .busy && attempt < Self.maxPasswordTries {
                try await Task.sleep(for: Self.passwordPause)
            }
        }
    }

    public func setPassword(_ password: Secret<String>, at location: DatabaseLocation) async throws {
        let login = Login(name: try Self.required(location.login).name, password: password)
        if location.provisioningLogin == nil {
            // A login may change its own password.
            return try await withConnection(to: location, as: .maintenance) {
                try await setPassword(of: login, on: $0)
            }
        }
        try await withMaintenance(location) { try await setPassword(of: login, on: $0) }
    }

    public func grantAccess(to location: DatabaseLocation) async throws {
        guard location.provisioningLogin != nil, let login = location.login else { return }
        try await withConnection(to: location, as: .maintenance) { try await grant(to: login.name, on: $0) }
    }

    /// Privileges on rows; the stamp and the migration record are read-only.
    private func grant(to login: String, on connection: any DatabaseConnection) async throws {
        let role = quoted(login)
        let own = [SchemaMigrations.table, DatabaseIdentity.table].map { dialect.quote($0.name) }
        for sql in [
            "REVOKE ALL ON SCHEMA public FROM PUBLIC", "GRANT USAGE ON SCHEMA public TO \(role)",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \(role)",
            "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO \(role)",
            "REVOKE INSERT, UPDATE, DELETE ON \(own.joined(separator: ", ")) FROM \(role)",
        ] { _ = try await run(sql, on: connection) }
    }

    // MARK: Removing

    public func dropDatabase(at location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        try await withMaintenance(location) { maintenance in
            try await lock(name, on: maintenance)
            let role = try await ownRole(of: location, on: maintenance)
            if try await exists(name, on: maintenance) {
                if let role {
                    _ = try await run("REVOKE CONNECT ON DATABASE \(quoted(name)) FROM \(role)", on: maintenance)
                }
                try await endSessions(in: name, on: maintenance)
                _ = try await run("DROP DATABASE \(quoted(name))", on: maintenance)
            }
            if let role { _ = try await run("DROP ROLE \(role)", on: maintenance) }
        }
    }

    /// The quoted name of the location's login, if it was made for this database.
    private func ownRole(
        of location: DatabaseLocation, on maintenance: any DatabaseConnection
    ) async throws -> String? {
        guard location.provisioningLogin != nil, let login = location.login else { return nil }
        let sql = """
            SELECT 1 AS found FROM pg_catalog.pg_roles WHERE rolname = ? \
            AND pg_catalog.shobj_description(oid, 'pg_authid'::pg_catalog.name) = ?
            """
        let mark = "unify:\(try Self.name(of: location))"
        let found = try await run(sql, [.text(login.name), .text(mark)], on: maintenance)
        return found.isEmpty ? nil : quoted(login.name)
    }

    /// Ends the sessions of logins. DROP DATABASE … WITH (FORCE) is no alternative: it also tries to end the server's
    /// own workers, such as autovacuum, without having the right; without FORCE the server stops those itself.
    private func endSessions(in name: String, on maintenance: any DatabaseConnection) async throws {
        let sql = """
            SELECT pg_catalog.pg_terminate_backend(pid, 5000::pg_catalog.int8) FROM pg_catalog.pg_stat_activity \
            WHERE datname = ? AND usename IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
            """
        _ = try await run(sql, [.text(name)], on: maintenance)
    }

    public func quarantine(_ location: DatabaseLocation) async throws {
        let name = try Self.name(of: location)
        let other = ServerName.quarantineName(of: name, at: time.wallNow)
        try await withMaintenance(location) { maintenance in
            try await lock(name, on: maintenance)
            guard try await exists(name, on: maintenance) else { return }
            if let role = try await ownRole(of: location, on: maintenance) {
                try await withConnection(to: location, as: .maintenance) {
                    // Drops every privilege in and on this database, so that nothing holds the login to it.
                    _ = try await run("DROP OWNED BY \(role)", on: $0)
                }
            }
            try await endSessions(in: name, on: maintenance)
            _ = try await run("ALTER DATABASE \(quoted(name)) RENAME TO \(quoted(other))", on: maintenance)
        }
    }

    // MARK: Helpers

    /// Lends a connection to the server's maintenance database.
    func withMaintenance<Result>(
        _ location: DatabaseLocation, _ body: (ServerConnection<PostgreSQLHandle>) async throws -> Result
    ) async throws -> Result {
        try await openMaintenance(location).closing { try await body($0) }
    }

    private func openMaintenance(_ location: DatabaseLocation) async throws -> ServerConnection<PostgreSQLHandle> {
        try await open(
            location, database: options.maintenanceDatabase, login: location.login(for: .maintenance),
            role: .maintenance, searchPath: .serverOnly)
    }

    func run(
        _ sql: String, _ parameters: [SQLValue] = [], on connection: any DatabaseConnection
    ) async throws -> ResultSet {
        try await connection.query(
            SQLStatement(sql, parameters), limits: StatementLimits(timeLimit: options.provisioningLimit))
    }

    /// Held until the connection closes.
    private func lock(_ name: String, on connection: any DatabaseConnection) async throws {
        _ = try await run("SELECT pg_catalog.pg_advisory_lock(\(Self.lockKey))", [Self.lockName(name)], on: connection)
    }

    private static let lockKey = "pg_catalog.hashtextextended(?::pg_catalog.text, 0::pg_catalog.int8)"

    private static func lockName(_ name: String) -> SQLValue { .text("unify:\(name)") }

    func exists(_ name: String, on maintenance: any DatabaseConnection) async throws -> Bool {
        let sql = "SELECT 1 AS found FROM pg_catalog.pg_database WHERE datname = ?"
        return try await !run(sql, [.text(name)], on: maintenance).isEmpty
    }

    /// Names of databases and logins keep their case, unlike those of tables.
    func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
}
