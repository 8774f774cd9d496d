public import Logging

/// Brings databases to the versions of a schema, and compares them with it. Every database keeps a record of its
/// migrations.
public enum SchemaMigrations {
    /// The table of the record.
    public static let table = SchemaRecord.table

    /// The time limit of a migration's statement, unless its step has another: a change of a large table rewrites all
    /// of it.
    public static let timeLimit: Duration = .seconds(3600)

    /// What a database is at.
    /// - Parameter schema: of this kind of database.
    public static func state(
        on connection: any DatabaseConnection, dialect: any Dialect, schema: Schema
    ) async throws -> SchemaState {
        try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema).record.state
    }

    /// Migrates a database to the schema's versions, the library's first and the operator's last. If several processes
    /// do so at once, one does the work and the others wait for it.
    ///
    /// A migration runs in one transaction if the engine and its steps allow that. Otherwise each step is recorded, and
    /// a migration that failed or was interrupted continues there.
    /// - Parameters:
    ///   - lock: the name of the lock by which they exclude each other; nil if the caller ensures that.
    ///   - isNew: whether the database has no rows yet, so that data steps have nothing to do.
    ///   - logger: logs the start of each migration, and waits for another process.
    /// - Throws: ``TenancyError`` `schemaTooNew` or `migrationConflict`, before anything is changed; `busy` if another
    ///   process migrates it for longer than ``timeLimit``.
    public static func migrate(
        _ connection: any DatabaseConnection, to schema: Schema, dialect: any Dialect, date: Timestamp,
        lock: String? = nil, isNew: Bool = false, logger: Logger? = nil
    ) async throws {
        let conversion = SchemaRecordConversion(connection: connection, dialect: dialect, schema: schema, date: date)
        do {
            guard try await isBehind(connection, schema, dialect) else { return try await conversion.dropOld() }
        } catch let error as TenancyError where error.code == .tableMissing && lock != nil {
            // Another process may be putting the new record into the place of the old one. If it was never there, the
            // next read says so.
        }
        if let lock { try await take(lock, on: connection, dialect: dialect, logger) }
        try await conversion.run()
        // Read again: the lock's former holder may have migrated the database.
        let (record, _) = try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema)
        for (component, migration) in try SchemaComparison(record, schema, dialect).pending {
            try await MigrationRun(
                migration: migration, component: component, connection: connection, dialect: dialect, date: date,
                isNew: isNew, logger: logger
            ).apply()
        }
    }

    /// - Throws: ``TenancyError`` `schemaTooNew`, `schemaTooOld` or `migrationConflict` if a database is not at the
    ///   schema's versions.
    static func require(_ schema: Schema, on connection: any DatabaseConnection, dialect: any Dialect) async throws {
        guard try await isBehind(connection, schema, dialect) else { return }
        let state = try await state(on: connection, dialect: dialect, schema: schema)
        let found = state == schema.state ? "of an older layout" : "at \(state)"
        throw TenancyError(
            .schemaTooOld,
            "The database is \(found)\(state.unfinished.map { ", with \($0)" } ?? ""); this program needs \(schema.state). "
                + "Start this program's server, or run: unify setup create-table")
    }

    private static func isBehind(
        _ connection: any DatabaseConnection, _ schema: Schema, _ dialect: any Dialect
    ) async throws -> Bool {
        let (record, isOlder) = try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema)
        let comparison = try SchemaComparison(record, schema, dialect)
        return isOlder || !comparison.pending.isEmpty
    }

    /// Servers end one attempt after at most a minute, so it is repeated for as long as the other process may take.
    private static func take(
        _ lock: String, on connection: any DatabaseConnection, dialect: any Dialect, _ logger: Logger?
    ) async throws {
        guard let statement = dialect.sessionLock(named: lock) else { return }
        let clock = ContinuousClock()
        let end = clock.now + timeLimit
        while try await !isTaken(statement, on: connection) {
            guard clock.now < end else {
                throw TenancyError(.busy, "Another process migrates this database. Try again once it is done.")
            }
            logger?.notice("another process migrates this database; this one waits for it")
            try await Task.sleep(for: .seconds(1))
        }
    }

    private static func isTaken(_ statement: SQLStatement, on connection: any DatabaseConnection) async throws -> Bool {
        do {
            let answer = try await connection.query(statement, limits: StatementLimits(timeLimit: .seconds(65)))
            return try answer.first?.integer("Held") == 1
        } catch let error as TenancyError where error.code == .busy {
            return false
        }
    }
}
