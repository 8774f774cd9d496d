public import Tenancy

extension PostgreSQLEngine {
    public func sizeBytes(of location: DatabaseLocation) async throws -> Int64 {
        let name = try Self.name(of: location)
        guard location.provisioningLogin != nil else {
            return try await withConnection(to: location, as: .user) { try await size(of: name, on: $0) }
        }
        return try await withMaintenance(location) { try await size(of: name, on: $0) }
    }

    private func size(of name: String, on connection: any DatabaseConnection) async throws -> Int64 {
        let sql = "SELECT pg_catalog.pg_database_size(?::pg_catalog.name) AS size"
        return try await run(sql, [.text(name)], on: connection).first?.integer("size") ?? 0
    }

    public func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }

    /// Checks the catalog and the server's counters. Pages are checked when read, if the server has checksums
    /// enabled.
    public func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        let invalid = """
            SELECT indexrelid::pg_catalog.regclass::pg_catalog.text AS name FROM pg_catalog.pg_index \
            WHERE NOT indisvalid
            """
        let indexes = try await run(invalid, on: connection)
        let sums = """
            SELECT checksum_failures AS failures FROM pg_catalog.pg_stat_database \
            WHERE datname = pg_catalog.current_database() AND checksum_failures > 0
            """
        let failures = try await run(sums, on: connection)
        return try indexes.map { "The index \(try $0.text("name")) is not valid." }
            + failures.map { "\(try $0.integer("failures")) pages failed their checksum." }
    }

    public func databaseNames(
        at location: DatabaseLocation, beginningWith prefix: String
    ) async throws -> [String] {
        try await withMaintenance(location) {
            let sql = """
                SELECT datname AS name FROM pg_catalog.pg_database \
                WHERE pg_catalog.starts_with(datname::pg_catalog.text, ?::pg_catalog.text)
                """
            return try await run(sql, [.text(prefix)], on: $0).map { try $0.text("name") }
        }
    }

    public func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport {
        let login = quoted(try Self.required(location.login(for: .maintenance)).name)
        return try await withMaintenance(location) { maintenance in
            try await refusePooler(maintenance, at: location)
            let sql = """
                SELECT pg_catalog.version() AS version, r.rolsuper, r.rolcreatedb, r.rolcreaterole, \
                COALESCE((SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()), false) \
                AS encrypted, pg_catalog.concat_ws(', ', CASE WHEN pg_catalog.current_setting('fsync') = 'off' \
                THEN 'fsync' END, CASE WHEN pg_catalog.current_setting('full_page_writes') = 'off' \
                THEN 'full_page_writes' END, CASE WHEN pg_catalog.current_setting('synchronous_commit') = 'off' \
                THEN 'synchronous_commit' END) AS lax FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
                """
            guard let row = try await run(sql, on: maintenance).first else {
                throw TenancyError(.internalFailure, "The server does not know its own login.", engine: .postgresql)
            }
            let isSuperuser = try row.boolean("rolsuper")
            var missing: [String] = []
            if try !isSuperuser && !row.boolean("rolcreatedb") { missing.append("ALTER ROLE \(login) CREATEDB") }
            if try !isSuperuser && !row.boolean("rolcreaterole") { missing.append("ALTER ROLE \(login) CREATEROLE") }
            var advice: [String] = []
            if isSuperuser { advice.append("ALTER ROLE \(login) NOSUPERUSER CREATEDB CREATEROLE") }
            advice += try await superfluousRights(of: login, on: maintenance)
            let open = try await openDatabases(of: [options.maintenanceDatabase, "template1"], on: maintenance)
            if open.contains(options.maintenanceDatabase) { missing += closingStatements(for: login) }
            if open.contains("template1") { advice.append("REVOKE ALL ON DATABASE template1 FROM PUBLIC") }
            for setting in try row.text("lax").split(separator: ", ") {
                advice.append("ALTER SYSTEM SET \(setting) = on -- a commit otherwise does not survive power loss")
            }
            return ServerReport(
                version: try row.text("version"), missing: missing, isEncrypted: try row.boolean("encrypted"),
                advice: advice)
        }
    }

    /// The statements that revoke privileges on other databases' rows, the server's files or its machine.
    /// - Parameter login: the provisioning login, quoted.
    private func superfluousRights(of login: String, on maintenance: any DatabaseConnection) async throws -> [String] {
        let sql = """
            SELECT 'ALTER ROLE %s NOBYPASSRLS' AS statement FROM pg_catalog.pg_roles \
            WHERE rolname = current_user AND rolbypassrls AND NOT rolsuper \
            UNION ALL SELECT 'ALTER ROLE %s NOREPLICATION' FROM pg_catalog.pg_roles \
            WHERE rolname = current_user AND rolreplication AND NOT rolsuper \
            UNION ALL SELECT pg_catalog.concat('REVOKE ', g.rolname, ' FROM %s') FROM pg_catalog.pg_auth_members m \
            INNER JOIN pg_catalog.pg_roles g ON g.oid = m.roleid INNER JOIN pg_catalog.pg_roles r ON r.oid = m.member \
            WHERE r.rolname = current_user AND g.rolname IN ('pg_read_all_data', 'pg_write_all_data', \
            'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program')
            """
        return try await run(sql, on: maintenance).map {
            try $0.text("statement").replacing("%s", with: login)
                + " -- it reaches what is not this installation's, and nothing needs it"
        }
    }

    /// Those of these databases that every login may connect to.
    func openDatabases(of names: [String], on maintenance: any DatabaseConnection) async throws -> [String] {
        let sql = """
            SELECT d.datname AS name FROM pg_catalog.pg_database d WHERE EXISTS (SELECT 1 FROM pg_catalog.aclexplode( \
            COALESCE(d.datacl, pg_catalog.acldefault('d'::pg_catalog."char", d.datdba))) a \
            WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT') AND d.datname IN (\(SQLStatement.marks(names.count)))
            """
        return try await run(sql, names.map(SQLValue.text), on: maintenance).map { try $0.text("name") }
    }

    /// The statements that lock users' logins out of the database in which others are made.
    /// - Parameter login: the provisioning login, quoted.
    func closingStatements(for login: String) -> [String] {
        let database = quoted(options.maintenanceDatabase)
        return [
            "GRANT CONNECT ON DATABASE \(database) TO \(login)",
            "REVOKE ALL ON DATABASE \(database) FROM PUBLIC",
        ]
    }
}
