/// What a database on a server contains, for making it again.
public enum DatabaseContent: Equatable, Sendable {
    /// No tables.
    case empty
    /// A part of the requested schema, no stamp, and no rows of a user: left by an interrupted run.
    case unfinished
    /// The requested schema, no stamp, and no rows of a user: made for stock, or left by an interrupted run.
    case unstamped
    /// Anything else: in use, or not ours.
    case occupied

    /// - Parameters:
    ///   - tables: the names of all tables of the database.
    ///   - connection: in the maintenance role.
    public static func read(
        tables: [String], schema: Schema, on connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> DatabaseContent {
        guard !tables.isEmpty else { return .empty }
        do {
            let (record, isOlder) = try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema)
            let state = record.state
            // A table of that name in which nothing of ours is recorded is another program's.
            guard state.isWithin(schema.state), !isOlder || !record.entries.isEmpty,
                try await DatabaseIdentity.read(from: connection, dialect: dialect) == nil
            else { return .occupied }
            for name in tables where name.lowercased() != SchemaMigrations.table.name.text.lowercased() {
                guard let table = Identifier(name) else { return .occupied }
                let sql = "SELECT COUNT(*) AS Number FROM \(dialect.quote(table))"
                let rows = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
                guard try rows.first?.integer("Number") == 0 else { return .occupied }
            }
            return state == schema.state ? .unstamped : .unfinished
        } catch let error as TenancyError where [.tableMissing, .schemaTooNew, .unexpectedValue].contains(error.code) {
            return .occupied
        }
    }
}
