/// A database's record beside the schema of the program.
struct SchemaComparison: Sendable {
    /// The migrations that the database lacks, in the order in which they run.
    let pending: [(component: MigrationComponent, migration: Migration)]

    /// - Throws: ``TenancyError`` `schemaTooNew` if the database is ahead of the schema; `migrationConflict` if one of
    ///   its migrations was changed, is missing, or was left out.
    init(_ record: SchemaRecord, _ schema: Schema, _ dialect: any Dialect) throws {
        for entry in record.entries {
            let title = Self.title(entry.component, entry.version, entry.name)
            guard let migration = schema[entry.component].first(where: { $0.version == entry.version }) else {
                throw Self.unknown(entry, record, schema)
            }
            let pieces = migration.pieces(in: dialect)
            guard entry.stepsDone <= pieces.count,
                MigrationPiece.checksum(of: pieces.prefix(entry.appliedAt == nil ? entry.stepsDone : pieces.count))
                    == entry.checksum
            else {
                let done = entry.appliedAt == nil ? "begun on" : "applied to"
                throw TenancyError(
                    .migrationConflict,
                    "The migration \(title) was changed after it was \(done) this database. Put back what it was, and "
                        + "make the change a new migration.")
            }
        }
        pending = schema.all.filter { !record.isComplete($0.component, $0.migration.version) }
        for (component, migration) in pending {
            guard
                let later = record.entries.first(where: { $0.component == component && $0.version > migration.version })
            else { continue }
            throw TenancyError(
                .migrationConflict,
                "The migration \(Self.title(component, migration.version, migration.name)) is older than "
                    + "\(Self.title(component, later.version, later.name)), which this database has. Give it a version of "
                    + "now.")
        }
    }

    private static func unknown(
        _ entry: SchemaRecord.Entry, _ record: SchemaRecord, _ schema: Schema
    ) -> TenancyError {
        guard entry.component == .operatorFiles else {
            return TenancyError(
                .schemaTooNew,
                "The database is at \(record.state), this program knows \(schema.state). Use the newer one.")
        }
        return TenancyError(
            .migrationConflict,
            "The migration \(title(entry.component, entry.version, entry.name)) was applied to this database, and its file "
                + "is missing. Put it back.")
    }

    static func title(_ component: MigrationComponent, _ version: Int, _ name: String) -> String {
        "\(component.rawValue) \(version) (\(name))"
    }
}
