/// Knows whether the root keys are the ones that the main database was sealed with, before anything is sealed with others;
/// and opens the key of the audit log, which is kept in the same place.
///
/// `Master_Key` holds a text for each key, sealed under it; one of them is current.
public struct KeyCheck: Sendable {
    private static let place = "Master_Key/Check_Value"
    /// What the text was before the audit log had a key.
    private static let oldText = "unify"
    /// What the text begins with; the key of the audit log follows in base64.
    private static let beginning = "unify/audit/"
    private let main: MainDatabase

    public init(_ main: MainDatabase) { self.main = main }

    /// The id of the key that the main database is sealed with; nil for a new one.
    public func knownKeyID() async throws -> String? {
        try await main.withDatabase(.read) { database in
            try await Self.currentRow(in: database)?.text("Key_ID")
        }
    }

    /// Remembers the key in a new main database; in any other makes sure that the ring has the right one. Opens the audit
    /// log's key; makes it, and begins the chain with it, where there is none. Such an installation is older than the
    /// binding of passwords to the servers that they are sent to: that is made up for in the same transaction.
    /// - Returns: what was found of an audit log that is older than its key; nil where there was nothing to do.
    /// - Throws: ``TenancyError`` `keyWrong`.
    @discardableResult
    public func verify(_ ring: KeyRing) async throws -> AuditLogUpgrade? {
        if let row = try await main.withDatabase(.read, { try await Self.currentRow(in: $0) }),
            let key = try Self.open(row, with: ring)
        {
            main.context.set(key)
            return nil
        }
        let date = main.time.wallNow
        let (key, upgrade) = try await main.transaction { database in
            // Of several processes that start, one does it, and the others wait for it.
            try await AuditLog(database).lock()
            let row = try await Self.currentRow(in: database)
            if let row, let key = try Self.open(row, with: ring) { return (key, AuditLogUpgrade?.none) }
            let key = AuditKey()
            if let row {
                try await SealedColumn.bindAll(with: ring, in: database)
                try await Self.replaceTexts(try row.text("Key_ID"), key: key, by: ring, in: database)
            } else {
                try await Self.insert(key, by: ring, in: database, date: date)
            }
            let beginning = try await AuditLog(database).begin(key: key, date: date)
            return (key, row == nil ? nil : AuditLogUpgrade(beginning))
        }
        main.context.set(key)
        main.context.noteChange()
        return upgrade
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

    /// No row keeps the text from before the audit log had a key: by such a row it could be given another one.
    private static func replaceTexts(
        _ keyID: String, key: AuditKey, by ring: KeyRing, in database: DatabaseHandle
    ) async throws {
        let sealed = try ring.seal(text(of: key), in: place, underKey: keyID)
        try await database.execute("UPDATE Master_Key SET Check_Value = 'replaced' WHERE Is_Current = ?", [false])
        try await database.execute(
            "UPDATE Master_Key SET Check_Value = ? WHERE Key_ID = ?", [.text(sealed.text), .text(keyID)])
    }

    /// Makes the ring's current key the current one of the main database.
    static func adopt(_ ring: KeyRing, in database: DatabaseHandle, date: Timestamp) async throws {
        let id = ring.current.id
        guard let row = try await currentRow(in: database), try row.text("Key_ID") != id else { return }
        guard let key = try open(row, with: ring) else {
            throw TenancyError(.keyMissing, "The audit log has no key yet. Start the server, then run this again.")
        }
        try await database.execute("UPDATE Master_Key SET Is_Current = ?", [false])
        let known = try await database.execute(
            "UPDATE Master_Key SET Is_Current = ?, Check_Value = ? WHERE Key_ID = ?",
            [true, .text(try ring.seal(text(of: key), in: place).text), .text(id)])
        if known.changes == 0 { try await insert(key, by: ring, in: database, date: date) }
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
