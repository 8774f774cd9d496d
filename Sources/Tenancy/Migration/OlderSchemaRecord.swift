/// The record of migrations as it was before components: one line of versions for library and application together.
struct OlderSchemaRecord: Sendable {
    private let rows: [(version: Int, name: String, date: Timestamp)]

    init(_ rows: ResultSet) throws {
        self.rows = try rows.map { row in
            (Int(try row.integer("Version")), try row.text("Name"), try row.timestamp("Applied_Date"))
        }
        .sorted { $0.version < $1.version }
    }

    /// The same migrations in the lines of their components, found by their names. Nothing was known of their checksums:
    /// they are taken to be the program's.
    /// - Throws: ``TenancyError`` `schemaTooNew` if the schema has no migration of that name.
    func entries(in schema: Schema, dialect: any Dialect) throws -> [SchemaRecord.Entry] {
        var open = schema.all
        return try rows.map { row in
            guard let index = open.firstIndex(where: { $0.migration.name == row.name }) else {
                throw TenancyError(
                    .schemaTooNew,
                    "The database has the migration '\(row.name)' (version \(row.version)), which this program does not "
                        + "know. Use the newer one.")
            }
            let (component, migration) = open.remove(at: index)
            return SchemaRecord.Entry(migration, of: component, in: dialect, appliedAt: row.date)
        }
    }
}
