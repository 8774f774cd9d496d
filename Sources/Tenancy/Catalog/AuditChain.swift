internal import Crypto

/// The chain of hashes over ``AuditLog``: each entry's hash covers the entry and the hash before it, so that an entry
/// that was changed, removed or put in between does not fit any more.
///
/// `Audit_Chain` holds a hash for each entry, `Audit_Head` in its one row the last of them; whoever appends holds that row
/// until the transaction ends. Entries from before the chain was begun have no hash. Whoever may write all three tables can
/// make another chain: keep ``Verification/head`` somewhere else to notice that.
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

    /// The statement that writes the head of an empty chain, where there is none; a migration that was stopped may run
    /// it again.
    static func beginning(in dialect: any Dialect) -> String {
        let table = dialect.quote(head.name)
        return """
            INSERT INTO \(table) (\(head.columns.map { dialect.quote($0.name) }.joined(separator: ", "))) \
            SELECT 1, 0, '' FROM \(dialect.quote(SchemaMigrations.table.name)) \
            WHERE Version = 1 AND NOT EXISTS (SELECT Head_ID FROM \(table))
            """
    }

    /// - Parameters:
    ///   - previous: the hash of the entry before, empty for the first one.
    ///   - entry: with its number.
    /// - Returns: 64 hexadecimal digits, SHA-256.
    static func hash(_ entry: AuditLog.Entry, after previous: String) -> String {
        let fields = [
            previous, "\(entry.id)", entry.actor.map { "\($0)" }, entry.action, entry.userID.map { "\($0)" },
            entry.detail, "\(entry.date.milliseconds)",
        ]
        var hash = SHA256()
        for field in fields {
            // The length before each field, so that none can give a part of itself to the next.
            hash.update(data: Array("\(field.map { "\($0.utf8.count)" } ?? "-"):\(field ?? "")".utf8))
        }
        return Hex.encode(hash.finalize())
    }
}
