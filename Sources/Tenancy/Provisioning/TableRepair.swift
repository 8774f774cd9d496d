/// Jobs that make the tables which a user's database lacks. They change no existing table.
struct TableRepair: JobHandler {
    private static let step = "tables"

    let kind = JobKind.repair
    let main: MainDatabase
    let engines: EngineRegistry
    let schema: Schema
    let provisioner: Provisioner
    let limits: StatementLimits

    var steps: [String] { [Self.step] }
    var isBrief: Bool { true }

    /// Begins a job in this process.
    func begin(_ config: UserDatabaseConfig, actor: UserID?) async throws -> JobRun {
        try await main.transaction { database in
            let request = JobRequest(
                kind, userID: config.userID, lane: config.server, total: steps.count, actor: actor)
            return try await provisioner.takeOver(request, kinds: [kind], in: database)
        }
    }

    func run(_ run: JobRun) async throws { _ = try await withoutCancellation { try await repair(run) } }

    /// - Returns: the names of the new tables.
    func repair(_ run: JobRun) async throws -> [Identifier] {
        guard let config = try await provisioner.config(of: run) else {
            throw TenancyError(.userDatabaseNotFound, "The user has no database.", userID: run.job.userID)
        }
        let engine = try engines.engine(config.engine)
        let location = try await provisioner.provisioningLocation(of: config)
        let made = try await engine.withConnection(to: location, as: .maintenance) { connection in
            try await Provisioner.verifyStamp(on: connection, of: config, dialect: engine.dialect, schema: schema)
            return try await makeMissingTables(on: connection, dialect: engine.dialect)
        }
        try await engine.grantAccess(to: location)
        let (names, date) = (made.map(\.text).joined(separator: ", "), main.time.wallNow)
        try await run.transaction { database in
            let jobs = JobRepository(database)
            try await jobs.record([Self.step], detail: made.isEmpty ? nil : names, of: run.claim, date: date)
            try await jobs.end(run.claim, as: .done, date: date)
            guard !made.isEmpty else { return }
            try await AuditLog(database).append(
                "database.repair", actor: run.job.actor.userID, userID: config.userID, detail: names, date: date)
        }
        return made
    }

    private func makeMissingTables(
        on connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> [Identifier] {
        // Checked before the transaction: on servers, the error for a missing table ends a transaction.
        var missing: [TableDefinition] = []
        for table in schema.migrations.flatMap(\.tables)
        where try await isMissing(table.name, on: connection, dialect: dialect) { missing.append(table) }
        guard !missing.isEmpty else { return [] }
        try await connection.begin(.write)
        do {
            for sql in missing.flatMap(dialect.statements(creating:)) {
                _ = try await connection.execute(SQLStatement(sql), limits: limits)
            }
            try await connection.commit()
            return missing.map(\.name)
        } catch {
            try await connection.rollback()
            throw error
        }
    }

    private func isMissing(
        _ table: Identifier, on connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> Bool {
        do {
            _ = try await connection.query(
                SQLStatement("SELECT 1 FROM \(dialect.quote(table)) WHERE 1 = 0"),
                limits: StatementLimits(access: .read))
            return false
        } catch let error as TenancyError where error.code == .tableMissing {
            return true
        }
    }
}
