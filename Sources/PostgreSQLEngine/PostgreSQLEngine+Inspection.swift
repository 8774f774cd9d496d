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
        try await run("SELECT pg_database_size(?::name) AS size", [.text(name)], on: connection).first?
            .integer("size") ?? 0
    }

    public func snapshot(of location: DatabaseLocation) async throws -> [UInt8]? { nil }

    public func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }

    /// What the catalog and the server's own counters tell; pages are checked as they are read, where the server has
    /// checksums on.
    public func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        let indexes = try await run(
            "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE NOT indisvalid", on: connection)
        let sums = """
            SELECT checksum_failures AS failures FROM pg_stat_database \
            WHERE datname = current_database() AND checksum_failures > 0
            """
        let failures = try await run(sums, on: connection)
        return try indexes.map { "The index \(try $0.text("name")) is not valid." }
            + failures.map { "\(try $0.integer("failures")) pages failed their checksum." }
    }

    public func databaseNames(
        at location: DatabaseLocation, beginningWith prefix: String
    ) async throws -> [String] {
        try await withMaintenance(location) {
            try await run(
                "SELECT datname AS name FROM pg_database WHERE starts_with(datname, ?)", [.text(prefix)], on: $0
            ).map { try $0.text("name") }
        }
    }

    public func inspectServer(_ location: DatabaseLocation) async throws -> ServerReport {
        let login = quoted(try Self.required(location.login(for: .maintenance)).name)
        return try await withMaintenance(location) { maintenance in
            let sql = """
                SELECT version() AS version, r.rolsuper, r.rolcreatedb, r.rolcreaterole, \
                COALESCE((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted, \
                EXISTS (SELECT 1 FROM pg_database d, aclexplode(COALESCE(d.datacl, acldefault('d', d.datdba))) a \
                WHERE d.datname = current_database() AND a.grantee = 0) AS is_open \
                FROM pg_roles r WHERE r.rolname = current_user
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
            if try row.boolean("is_open") {
                let database = quoted(options.maintenanceDatabase)
                advice.append("GRANT CONNECT ON DATABASE \(database) TO \(login)")
                advice.append("REVOKE ALL ON DATABASE \(database), template1 FROM PUBLIC")
            }
            return ServerReport(
                version: try row.text("version"), missing: missing, isEncrypted: try row.boolean("encrypted"),
                advice: advice)
        }
    }
}
