/// Brings the record of migrations into this program's layout, in place.
///
/// In one transaction where the engine can. Elsewhere the new table is filled beside the old one, and one statement
/// puts it into its place; whatever is interrupted can be repeated.
struct SchemaRecordConversion: Sendable {
    private static let new: Identifier = "Schema_Migrations_New"
    private static let old: Identifier = "Schema_Migrations_Old"

    let connection: any DatabaseConnection
    let dialect: any Dialect
    let schema: Schema
    let date: Timestamp

    /// Call it while no other process migrates the database; on an engine without session locks, that is ensured here.
    func run() async throws {
        guard !dialect.hasTransactionalSchema else {
            return try await connection.inTransaction {
                let (record, isOlder) = try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema)
                guard isOlder else { return }
                try await execute("DROP TABLE \(dialect.quote(SchemaRecord.table.name))")
                for sql in SchemaRecord.creationStatements(in: dialect) { try await execute(sql) }
                try await insert(record.entries, into: SchemaRecord.table.name)
            }
        }
        let (record, isOlder) = try await SchemaRecord.read(on: connection, dialect: dialect, schema: schema)
        if isOlder {
            for sql in dialect.statements(creating: SchemaRecord.table.renamed(Self.new)) { try await execute(sql) }
            try await connection.inTransaction {
                try await execute("DELETE FROM \(dialect.quote(Self.new))")
                try await insert(record.entries, into: Self.new)
            }
            try await dropOld()
            try await execute(dialect.statement(replacing: SchemaRecord.table.name, by: Self.new, keeping: Self.old))
        }
        try await dropOld()
    }

    private func insert(_ entries: [SchemaRecord.Entry], into table: Identifier) async throws {
        let mark = SchemaRecord.layoutMark(in: dialect, into: table, date: date)
        for statement in [mark] + entries.map({ $0.insertion(in: dialect, into: table) }) {
            _ = try await connection.execute(statement, limits: limits)
        }
    }

    /// Removes the old record, which an interrupted conversion has left beside the new one.
    func dropOld() async throws {
        guard !dialect.hasTransactionalSchema else { return }
        do {
            let sql = "SELECT 1 FROM \(dialect.quote(Self.old)) WHERE 1 = 0"
            _ = try await connection.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        } catch let error as TenancyError where error.code == .tableMissing {
            return
        }
        try await execute("DROP TABLE \(dialect.quote(Self.old))")
    }

    private var limits: StatementLimits { StatementLimits(timeLimit: SchemaMigrations.timeLimit) }

    private func execute(_ sql: String) async throws {
        _ = try await connection.execute(SQLStatement(sql), limits: limits)
    }
}
