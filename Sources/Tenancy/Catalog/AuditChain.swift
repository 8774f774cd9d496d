internal import Crypto

/// The chain of codes over ``AuditLog``. Each entry's code covers the entry and the previous code, so a changed,
/// removed or inserted entry no longer matches. Codes need the ``AuditKey``, so write access to the main database is
/// not enough to forge a chain.
///
/// `Audit_Chain` holds one code per entry. The single row of `Audit_Head` holds the newest code; appending locks that
/// row until the transaction ends. The chain begins with an ``AuditBeginning``.
enum AuditChain {
    static let links = TableDefinition(
        "Audit_Chain",
        columns: [
            ColumnDefinition("Audit_ID", .integer).primaryKey, ColumnDefinition("Hash", .text(maxLength: 64)).required,
        ])

    static let head = TableDefinition(
        "Audit_Head",
        columns: [
            ColumnDefinition("Head_ID", .integer).primaryKey, ColumnDefinition("Audit_ID", .integer).required,
            ColumnDefinition("Hash", .text(maxLength: 64)).required,
        ])

    /// Inserts the head of an empty chain unless one exists, so that an interrupted migration can be repeated.
    static func beginning(in dialect: any Dialect) -> String {
        let table = dialect.quote(head.name)
        return """
            INSERT INTO \(table) (\(head.columns.map { dialect.quote($0.name) }.joined(separator: ", "))) \
            SELECT 1, 0, '' FROM \(dialect.quote(SchemaMigrations.table.name)) \
            WHERE Component = 'library' AND Version = 1 AND NOT EXISTS (SELECT Head_ID FROM \(table))
            """
    }

    /// - Parameters:
    ///   - entry: the entry, with its number.
    ///   - previous: the previous entry's code; empty for the first entry.
    /// - Returns: 64 hexadecimal digits.
    static func code(_ entry: AuditLog.Entry, after previous: String, key: AuditKey) -> String {
        // Entries without a command name, which includes all older ones, keep their original form.
        guard let command = entry.command else {
            return key.code(for: ["unify/audit/v2"] + fields(entry, after: previous))
        }
        return key.code(for: ["unify/audit/v3"] + fields(entry, after: previous) + [command])
    }

    /// The hash of the older, unkeyed chain; now used for the digest of entries that precede the keyed chain.
    static func hash(_ entry: AuditLog.Entry, after previous: String) -> String {
        var hash = SHA256()
        // Older entries have no command name; one that was added later must change the hash.
        let names = entry.command.map { [$0] } ?? []
        for field in fields(entry, after: previous) + names { hash.update(data: framed(field)) }
        return Hex.encode(hash.finalize())
    }

    private static func fields(_ entry: AuditLog.Entry, after previous: String) -> [String?] {
        [
            previous, "\(entry.id)", entry.actor.map { "\($0)" }, entry.action, entry.userID.map { "\($0)" },
            entry.detail, "\(entry.date.milliseconds)",
        ]
    }

    /// The field, preceded by its length.
    static func framed(_ field: String?) -> [UInt8] {
        Array("\(field.map { "\($0.utf8.count)" } ?? "-"):\(field ?? "")".utf8)
    }
}
