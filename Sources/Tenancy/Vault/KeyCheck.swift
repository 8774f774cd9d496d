/// Checks that the root key is the one that the main database was sealed with, before anything is sealed with
/// another. Also opens the audit log's key, which is kept in the same table.
///
/// `Master_Key` has a row for each key so far; the current key's row contains a text sealed under it.
///
/// Someone with write access to the main database can restore a row of an older copy, or remove all rows. Therefore
/// the main database's own word that it is new, or older than the audit log's key, is not enough: it must be empty,
/// or unknown to its external record.
public struct KeyCheck: Sendable {
    private static let place = "Master_Key/Check_Value"
    /// The sealed text from before the audit log had a key.
    private static let oldText = "unify"
    /// The prefix of the sealed text; the audit log's key follows in base64.
    private static let beginning = "unify/audit/"
    /// The sealed text in rows of former keys.
    private static let replaced = "replaced"
    private let main: MainDatabase
    private let witness: WitnessFile?

    /// - Parameter dataDirectory: the folder of the main database's record; nil if none is kept.
    public init(_ main: MainDatabase, dataDirectory: String? = nil) {
        self.main = main
        witness = dataDirectory.map(WitnessFile.init)
    }

    /// The id of the key that the main database is sealed with; nil for a new one.
    /// - Throws: ``TenancyError`` `keyWrong` if it has no key and is not new.
    public func knownKeyID() async throws -> String? {
        try await main.withDatabase(.read) { database in
            // Another process may be storing the first key: all of it is seen, or nothing.
            try await database.transaction { database in
                guard let row = try await Self.currentRow(in: database) else {
                    try await Self.requireNew(database)
                    return nil
                }
                return try row.text("Key_ID")
            }
        }
    }

    /// Stores the key's id in a new main database; for any other, checks that the ring has the right key. Opens the
    /// audit log's key, or makes it and begins the chain if there is none. An installation without that key is also
    /// older than the binding of passwords to servers, which is added in the same transaction.
    /// - Returns: the result of upgrading an older audit log; nil if there was nothing to upgrade.
    /// - Throws: ``TenancyError`` `keyWrong`.
    @discardableResult
    public func verify(_ ring: KeyRing) async throws -> AuditLogUpgrade? {
        if let row = try await main.withDatabase(.read, { try await Self.currentRow(in: $0) }),
            let key = try Self.open(row, with: ring)
        {
            try await requireKnown(key)
            main.context.set(key)
            return nil
        }
        let date = main.time.wallNow
        let (key, upgrade) = try await main.transaction { database in
            // If several processes start, one does it, and the others wait.
            try await AuditLog(database).lock()
            let row = try await Self.currentRow(in: database)
            if let row, let key = try Self.open(row, with: ring) { return (key, AuditLogUpgrade?.none) }
            let key = AuditKey()
            var unopened: [UnopenedSecret] = []
            if let row {
                try await requireOlderThanAuditKey(database)
                unopened = try await SealedColumn.bindAll(with: ring, in: database)
                try await Self.replaceTexts(try row.text("Key_ID"), key: key, by: ring, in: database)
            } else {
                try await Self.requireNew(database)
                try await Self.insert(key, by: ring, in: database, date: date)
            }
            let beginning = try await AuditLog(database).begin(key: key, date: date)
            return (key, row == nil ? nil : AuditLogUpgrade(beginning, unopened: unopened))
        }
        main.context.set(key)
        main.context.noteChange()
        return upgrade
    }

    /// A main database with any content has a key.
    private static func requireNew(_ database: DatabaseHandle) async throws {
        let hasUsers = try await !UserRepository(database).list(after: 0, limit: 1).isEmpty
        let head = try await AuditLog(database).head()
        guard !hasUsers, head.id == 0, head.newestRow == 0 else {
            throw TenancyError(
                .keyWrong,
                "The main database has users or an audit log, but no key: its rows of Master_Key were removed by other "
                    + "means than Unify. Put them back from a backup.")
        }
    }

    /// A row from before the audit log had a key is accepted once, and only if neither the main database nor its
    /// record has seen a later state. A record of any main database counts, because the rows that identify a database
    /// can be changed.
    private func requireOlderThanAuditKey(_ database: DatabaseHandle) async throws {
        let isRecorded = try await witness?.lines().contains { $0.auditKeyID != nil } == true
        guard try await MainGeneration.all(in: database).isEmpty, !isRecorded else {
            throw TenancyError(
                .keyWrong,
                "The main database has a row of Master_Key from before its audit log had a key, although that key is in use: "
                    + "the row, or the whole main database, comes from an older copy. If you put that copy back yourself, "
                    + "move \(witness?.path ?? WitnessFile.name) to another folder and start again; else put the newer one "
                    + "back, and find out who can write the main database.")
        }
    }

    /// The audit log's key never changes.
    private func requireKnown(_ key: AuditKey) async throws {
        guard let witness, let id = try await main.withDatabase(.read, { try await MainGeneration.databaseID(in: $0) }),
            let known = try await witness.lines().last(where: { $0.databaseID == id && $0.auditKeyID != nil })?
                .auditKeyID,
            known != key.id
        else { return }
        throw TenancyError(
            .keyWrong,
            "The audit log's key in Master_Key is not the one that \(witness.path) knows: the row was replaced by other means "
                + "than Unify. Put it back from a backup. If you put a copy from before the audit log had a key back yourself, "
                + "move that file to another folder and start again.")
    }

    /// - Returns: the audit log's key; nil for a row from before it had one.
    private static func open(_ row: Row, with ring: KeyRing) throws -> AuditKey? {
        let known = try row.text("Key_ID")
        guard ring.keyIDs.contains(known), let check = SealedSecret(text: try row.text("Check_Value")),
            case let text = try ring.open(check, in: place).unsafeReveal(),
            text == oldText || text.hasPrefix(beginning)
        else {
            throw TenancyError(
                .keyWrong,
                "The root key \(ring.current.id) is not the one that the main database was sealed with, "
                    + "\(known). Set UNIFY_MASTER_KEY or UNIFY_MASTER_KEY_FILE to that one."
            )
        }
        guard text != oldText else { return nil }
        guard let key = AuditKey(base64: text.dropFirst(beginning.count)) else {
            throw TenancyError(.unsealFailed, "The key of the audit log in Master_Key cannot be read.")
        }
        return key
    }

    private static func text(of key: AuditKey) -> Secret<String> { Secret(beginning + key.unsafeBase64) }

    /// Leaves no row with the text from before the audit log had a key: with such a row, the log could be given
    /// another key.
    private static func replaceTexts(
        _ keyID: String, key: AuditKey, by ring: KeyRing, in database: DatabaseHandle
    ) async throws {
        let sealed = try ring.seal(text(of: key), in: place, underKey: keyID)
        try await replaceFormerTexts(in: database)
        try await database.execute(
            "UPDATE Master_Key SET Check_Value = ? WHERE Key_ID = ?", [.text(sealed.text), .text(keyID)])
    }

    /// Ensures that no former key's row can be made the current one.
    private static func replaceFormerTexts(in database: DatabaseHandle) async throws {
        try await database.execute(
            "UPDATE Master_Key SET Check_Value = ? WHERE Is_Current = ?", [.text(replaced), false])
    }

    /// Makes the ring's current key the main database's current key.
    /// - Returns: whether that changed it.
    static func adopt(_ ring: KeyRing, in database: DatabaseHandle, date: Timestamp) async throws -> Bool {
        let id = ring.current.id
        guard let row = try await currentRow(in: database), try row.text("Key_ID") != id else { return false }
        guard let key = try open(row, with: ring) else {
            throw TenancyError(.keyMissing, "The audit log has no key yet. Start the server, then run this again.")
        }
        try await database.execute("UPDATE Master_Key SET Is_Current = ?", [false])
        let known = try await database.execute(
            "UPDATE Master_Key SET Is_Current = ?, Check_Value = ? WHERE Key_ID = ?",
            [true, .text(try ring.seal(text(of: key), in: place).text), .text(id)])
        if known.changes == 0 { try await insert(key, by: ring, in: database, date: date) }
        try await replaceFormerTexts(in: database)
        return true
    }

    private static func currentRow(in database: DatabaseHandle) async throws -> Row? {
        try await database.fetchOne("SELECT Key_ID, Check_Value FROM Master_Key WHERE Is_Current = ?", [true])
    }

    private static func insert(
        _ key: AuditKey, by ring: KeyRing, in database: DatabaseHandle, date: Timestamp
    ) async throws {
        let sealed = try ring.seal(text(of: key), in: place)
        let sql = database.dialect.insert(
            into: "Master_Key", columns: ["Key_ID", "Check_Value", "Is_Current", "Created_Date"], identity: nil)
        try await database.execute(sql, [.text(sealed.keyID), .text(sealed.text), true, .timestamp(date)])
    }
}
