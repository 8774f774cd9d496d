public import Logging

/// The record of applied migrations that every database keeps.
public enum SchemaMigrations {
    public static let table = TableDefinition(
        "Schema_Migrations",
        columns: [
            ColumnDefinition("Version", .integer).primaryKey,
            ColumnDefinition("Name", .text(maxLength: 200)).required,
            ColumnDefinition("Applied_Date", .timestamp).required,
        ])

    /// The time limit of a migration's statement: a change of a large table rewrites all of it.
    public static let timeLimit: Duration = .seconds(3600)

    static func record(_ migration: Migration, in dialect: any Dialect, date: Timestamp) -> SQLStatement {
        SQLStatement(
            dialect.insert(into: table.name, columns: table.columns.map(\.name), identity: nil),
            [.integer(Int64(migration.version)), .text(migration.name), .timestamp(date)])
    }

    /// The version that a database is at.
    public static func version(on connection: any DatabaseConnection, dialect: any Dialect) async throws -> Int {
        let sql = "SELECT MAX(Version) AS Version FROM \(dialect.quote(table.name))"
        let rows = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        return Int(try rows.first?.optionalInteger("Version") ?? 0)
    }

    /// Migrates a database to the schema's version, each migration in its own transaction. If several processes do so
    /// at once, one does the work and the others wait for it.
    /// - Parameters:
    ///   - lock: the name of the lock by which they exclude each other; nil if the caller ensures that.
    ///   - logger: logs the start of each migration, and waits for another process.
    /// - Throws: ``TenancyError`` `schemaTooNew` if the database is ahead of the schema; `busy` if another process
    ///   migrates it for longer than ``timeLimit``.
    public static func migrate(
        _ connection: any DatabaseConnection, to schema: Schema, dialect: any Dialect, date: Timestamp,
        lock: String? = nil, logger: Logger? = nil
    ) async throws {
        guard try await isBehind(connection, schema, dialect) else { return }
        if let lock { try await take(lock, on: connection, dialect: dialect, logger) }
        // Read again: the lock's former holder may have migrated the database.
        let current = try await version(on: connection, dialect: dialect)
        for migration in schema.migrations.dropFirst(current) {
            try await apply(migration, on: connection, dialect: dialect, date: date, logger: logger)
        }
    }

    /// - Throws: ``TenancyError`` `schemaTooNew` or `schemaTooOld` if a database is not at the schema's version.
    static func require(_ schema: Schema, on connection: any DatabaseConnection, dialect: any Dialect) async throws {
        guard try await isBehind(connection, schema, dialect) else { return }
        let current = try await version(on: connection, dialect: dialect)
        throw TenancyError(
            .schemaTooOld,
            "The database is at schema version \(current), this program needs \(schema.version). Start this program's server, "
                + "or run: unify setup create-table")
    }

    private static func isBehind(
        _ connection: any DatabaseConnection, _ schema: Schema, _ dialect: any Dialect
    ) async throws -> Bool {
        let current = try await version(on: connection, dialect: dialect)
        guard current <= schema.version else {
            throw TenancyError(
                .schemaTooNew,
                "The database is at schema version \(current), this program knows \(schema.version). Use the newer one."
            )
        }
        return current < schema.version
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

    private static func apply(
        _ migration: Migration, on connection: any DatabaseConnection, dialect: any Dialect, date: Timestamp,
        logger: Logger?
    ) async throws {
        let limits = StatementLimits(timeLimit: timeLimit)
        logger?.notice(
            "a migration of a database has begun; it may take long where its tables are large",
            metadata: ["version": "\(migration.version)", "name": "\(migration.name)"])
        let isDone = try await hasColumns(of: migration, on: connection, dialect: dialect)
        try await connection.begin(.write)
        do {
            // If write transactions exclude each other, this transaction is the lock: another process may have
            // migrated first.
            guard try await version(on: connection, dialect: dialect) < migration.version else {
                return try await connection.rollback()
            }
            for sql in isDone ? [] : migration.statements(in: dialect) {
                _ = try await connection.execute(SQLStatement(sql), limits: limits)
            }
            _ = try await connection.execute(record(migration, in: dialect, date: date), limits: limits)
            try await connection.commit()
        } catch {
            try await connection.rollback()
            throw error
        }
    }

    /// Whether a migration's columns exist. They do if the migration was interrupted before it was recorded, on a
    /// server that commits each DDL statement by itself.
    private static func hasColumns(
        of migration: Migration, on connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> Bool {
        guard let (table, columns) = migration.added else { return false }
        do {
            let names = columns.map(dialect.quote).joined(separator: ", ")
            let sql = "SELECT \(names) FROM \(dialect.quote(table)) WHERE 1 = 0"
            _ = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
            return true
        } catch let error as TenancyError where error.code == .invalidStatement {
            return false
        }
    }
}
