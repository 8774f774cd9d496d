public import Tenancy

extension MySQLEngine {
    public func inspectServer(_ location: DatabaseLocation, namePrefix: String) async throws -> ServerReport {
        guard let login = location.login(for: .maintenance) else { throw Self.wrong("The location has no login.") }
        let connection = try await open(location, database: nil, as: login, role: .maintenance)
        return try await connection.closing { connection in
            try await connection.administer { link in
                let grants = MySQLGrants(
                    try link.rows("SHOW GRANTS").compactMap { $0.first ?? nil }, prefix: namePrefix)
                let account = try link.currentAccount()
                return ServerReport(
                    version: try link.version(),
                    missing: grants.missing(for: account ?? login.name), isEncrypted: link.isEncrypted,
                    advice: try link.advice(grants, account: account ?? login.name))
            }
        }
    }

    public func databaseNames(
        at location: DatabaseLocation, beginningWith prefix: String
    ) async throws -> [String] {
        guard let login = location.login(for: .maintenance) else { throw Self.wrong("The location has no login.") }
        let connection = try await open(location, database: nil, as: login, role: .maintenance)
        return try await connection.closing {
            let sql = "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE LOCATE(?, SCHEMA_NAME) = 1"
            let limits = StatementLimits(access: .read)
            return try await $0.query(SQLStatement(sql, [.text(prefix)]), limits: limits).map { try $0.text("name") }
        }
    }

    /// The size of the tables' files. If the login may not see them (it lacks PROCESS), InnoDB's fresh estimate for
    /// each table.
    public func sizeBytes(of location: DatabaseLocation) async throws -> Int64 {
        let name = try Self.name(of: location)
        return try await inDatabase(of: location) { link in
            // Other names appear encoded in file names.
            guard Identifier(name) != nil else { return try link.estimatedBytes(of: name) }
            do {
                return try link.fileBytes(of: name)
            } catch let failure as MySQLFailure where failure.tenancyError.code == .notAuthorized {
                return try link.estimatedBytes(of: name)
            }
        }
    }

    /// When a table was last written since the server started; nil if none was.
    public func lastModified(of location: DatabaseLocation) async throws -> Timestamp? {
        let name = try Self.name(of: location)
        let text = try await inDatabase(of: location) { link in
            try link.rows(
                "SELECT MAX(UPDATE_TIME) FROM information_schema.TABLES WHERE TABLE_SCHEMA = \(try MySQLText.literal(name))"
            ).first?.first ?? nil
        }
        return text.flatMap { Timestamp(rfc3339: $0.replacing(" ", with: "T") + "Z") }
    }

    public func integrityProblems(on connection: any DatabaseConnection) async throws -> [String] {
        guard let connection = connection as? ServerConnection<MySQLHandle> else {
            throw TenancyError(.internalFailure, "This connection is not one of MySQL's.", engine: .mysql)
        }
        return try await connection.administer { try $0.tableProblems() }
    }

    private func inDatabase<Result: Sendable>(
        of location: DatabaseLocation, _ body: @escaping @Sendable (MySQLLink) throws -> Result
    ) async throws -> Result {
        guard let login = location.login(for: .maintenance) else { throw Self.wrong("The location has no login.") }
        let connection = try await open(
            location, database: try Self.name(of: location), as: login, role: .maintenance)
        return try await connection.closing { try await $0.administer(body) }
    }
}
