/// What a database on a server contains, for making it again.
public enum SchemaState: Equatable, Sendable {
    /// No tables.
    case empty
    /// The requested schema, no stamp, and no rows of a user: made for stock, or left by an interrupted run.
    case unstamped
    /// Anything else: in use, or not ours.
    case occupied

    /// - Parameters:
    ///   - tables: the names of all tables of the database.
    ///   - connection: in the maintenance role.
    public static func read(
        tables: [String], schema: Schema, on connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> SchemaState {
        guard !tables.isEmpty else { return .empty }
        do {
            guard try await SchemaMigrations.version(on: connection, dialect: dialect) == schema.version,
                try await DatabaseIdentity.read(from: connection, dialect: dialect) == nil
            else { return .occupied }
            for name in tables where name.lowercased() != SchemaMigrations.table.name.text.lowercased() {
                guard let table = Identifier(name) else { return .occupied }
                let sql = "SELECT COUNT(*) AS Number FROM \(dialect.quote(table))"
                let rows = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
                guard try rows.first?.integer("Number") == 0 else { return .occupied }
            }
            return .unstamped
        } catch let error as TenancyError where error.code == .tableMissing {
            return .occupied
        }
    }
}

extension Schema {
    /// Makes the tables of this schema, in a transaction if the engine has transactional DDL.
    public func create(
        on connection: any DatabaseConnection, dialect: any Dialect, date: Timestamp
    ) async throws {
        try await connection.begin(.write)
        do {
            for statement in creationStatements(in: dialect, date: date) {
                _ = try await connection.execute(statement, limits: StatementLimits())
            }
            try await connection.commit()
        } catch {
            try await connection.rollback()
            throw error
        }
    }
}
