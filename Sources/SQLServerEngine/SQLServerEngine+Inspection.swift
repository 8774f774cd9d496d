public import Tenancy

extension SQLServerEngine {
    /// The pages in use, of data and log. The rest of the files is room to grow.
    public func sizeBytes(of location: DatabaseLocation) async throws -> Int64 {
        try await withDatabase(location) { connection in
            let sql =
                try await isBabelfish(connection)
                ? "SELECT CAST(SUM(pg_total_relation_size(object_id)) AS BIGINT) AS Size FROM sys.tables"
                : "SELECT SUM(CAST(FILEPROPERTY(name, 'SpaceUsed') AS BIGINT)) * 8192 AS Size FROM sys.database_files"
            return try await run(sql, on: connection).first?.optionalInteger("Size") ?? 0
        }
    }

    public func lastModified(of location: DatabaseLocation) async throws -> Timestamp? { nil }

    /// DBCC CHECKDB for the database's owner; for its login, which may not run that, checks of the catalog.
    public func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        guard let connection = connection as? ServerConnection<SQLServerHandle> else {
            throw TenancyError(.internalFailure, "This connection is not one of SQL Server's.", engine: .sqlserver)
        }
        let disabled = try await run("SELECT name AS Name FROM sys.indexes WHERE is_disabled = 1", on: connection)
            .map { "The index \(try $0.text("Name")) is disabled." }
        guard try await !isBabelfish(connection), try await isOwner(connection) else { return disabled }
        // One row for each problem; none for a sound database.
        let found = try await run("DBCC CHECKDB WITH NO_INFOMSGS, TABLERESULTS", on: connection)
        return disabled + found.map { "DBCC CHECKDB: error \($0["Error"].map(Self.number) ?? "")" }
    }

    private static func number(_ value: SQLValue) -> String {
        if case .integer(let number) = value { "\(number)" } else { "without a number" }
    }

    private func isOwner(_ connection: any DatabaseConnection) async throws -> Bool {
        try await run("SELECT 1 AS Found WHERE IS_ROLEMEMBER('db_owner') = 1", on: connection).isEmpty == false
    }

    public func databaseNames(
        at location: DatabaseLocation, beginningWith prefix: String
    ) async throws -> [String] {
        try await withMaster(location) {
            let sql = "SELECT name AS Name FROM sys.databases WHERE CHARINDEX(?, name) = 1"
            return try await run(sql, [.text(prefix)], on: $0).map { try $0.text("Name") }
        }
    }

    public func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport {
        guard let name = location.login(for: .maintenance)?.name else { throw Self.wrong("The location has no login.") }
        let login = quoted(name)
        return try await withMaster(location) { master in
            let sql = """
                SELECT CAST(@@VERSION AS NVARCHAR(1000)) AS Version, \
                CAST(COALESCE(IS_SRVROLEMEMBER('sysadmin'), 0) AS BIGINT) AS Is_Administrator, \
                CAST(COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE'), 0) AS BIGINT) AS Makes_Databases, \
                CAST(COALESCE(HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY LOGIN'), 0) AS BIGINT) AS Makes_Logins
                """
            guard let row = try await run(sql, on: master).first else {
                throw TenancyError(.unexpectedValue, "The server does not tell its version.", engine: .sqlserver)
            }
            let isAdministrator = try row.boolean("Is_Administrator")
            var missing: [String] = []
            if try !isAdministrator && !row.boolean("Makes_Databases") {
                missing.append("GRANT CREATE ANY DATABASE TO \(login)")
            }
            if try !isAdministrator && !row.boolean("Makes_Logins") {
                missing.append("GRANT ALTER ANY LOGIN TO \(login)")
            }
            var advice: [String] = []
            // Babelfish allows nobody else to make databases and logins.
            if isAdministrator, try await !isBabelfish(master) {
                advice.append("ALTER SERVER ROLE sysadmin DROP MEMBER \(login)")
                advice.append("GRANT CREATE ANY DATABASE, ALTER ANY LOGIN TO \(login)")
            }
            if try await everybodySeesDatabases(master) { advice.append("REVOKE VIEW ANY DATABASE FROM public") }
            return ServerReport(
                version: try row.text("Version").split(whereSeparator: \.isNewline).joined(separator: " "),
                missing: missing, isEncrypted: try await master.run { $0.link.isEncrypted }, advice: advice)
        }
    }

    /// Whether every login sees the names of all databases, as on a new server.
    private func everybodySeesDatabases(_ master: ServerConnection<SQLServerHandle>) async throws -> Bool {
        guard try await !isBabelfish(master) else { return false }
        let sql = """
            SELECT 1 AS Found FROM sys.server_permissions WHERE type = 'VWDB' AND state IN ('G', 'W') \
            AND grantee_principal_id = (SELECT principal_id FROM sys.server_principals WHERE name = 'public')
            """
        return try await !run(sql, on: master).isEmpty
    }
}
