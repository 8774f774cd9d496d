internal import Crypto

/// The chain of codes over ``AuditLog``: each entry's code covers the entry and the code before it, so that an entry that was
/// changed, removed or put in between does not fit any more; and takes ``AuditKey`` to make, so that whoever may write the
/// main database cannot make another chain.
///
/// `Audit_Chain` holds a code for each entry, `Audit_Head` in its one row the last of them; whoever appends holds that row
/// until the transaction ends. The chain begins with an ``AuditBeginning``.
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
    ///   - previous: the code of the entry before, empty for the first one.
    ///   - entry: with its number.
    /// - Returns: 64 hexadecimal digits.
    static func code(_ entry: AuditLog.Entry, after previous: String, key: AuditKey) -> String {
        // Entries without a command's name, those from before there were any among them, keep the form that they had.
        guard let command = entry.command else {
            return key.code(for: ["unify/audit/v2"] + fields(entry, after: previous))
        }
        return key.code(for: ["unify/audit/v3"] + fields(entry, after: previous) + [command])
    }

    /// What chains were made of before they had a key; now a digest of entries that are older than the chain.
    static func hash(_ entry: AuditLog.Entry, after previous: String) -> String {
        var hash = SHA256()
        // None of them has a command's name but one that was put in later, which is to be found.
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

    /// A field with its length before it.
    static func framed(_ field: String?) -> [UInt8] {
        Array("\(field.map { "\($0.utf8.count)" } ?? "-"):\(field ?? "")".utf8)
    }
}
