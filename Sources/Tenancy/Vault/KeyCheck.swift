/// Knows whether the root keys are the ones that the main database was sealed with, before anything is sealed with others.
///
/// `Master_Key` holds a fixed text for each key, sealed under it; one of them is current.
public struct KeyCheck: Sendable {
    private static let place = "Master_Key/Check_Value"
    private static let text = "unify"
    private let main: MainDatabase

    public init(_ main: MainDatabase) { self.main = main }

    /// The id of the key that the main database is sealed with; nil for a new one.
    public func knownKeyID() async throws -> String? {
        try await main.withDatabase(.read) { database in
            try await Self.currentRow(in: database)?.text("Key_ID")
        }
    }

    /// Remembers the key in a new main database; in any other makes sure that the ring has the right one.
    /// - Throws: ``TenancyError`` `keyWrong`.
    public func verify(_ ring: KeyRing) async throws {
        let row = try await main.transaction { database -> Row? in
            if let row = try await Self.currentRow(in: database) { return row }
            try await Self.insert(ring, in: database, date: main.time.wallNow)
            return try await Self.currentRow(in: database)
        }
        guard let row, let check = SealedSecret(text: try row.text("Check_Value")),
            case let known = try row.text("Key_ID"), ring.keyIDs.contains(known),
            try ring.open(check, in: Self.place).unsafeReveal() == Self.text
        else {
            throw TenancyError(
                .keyWrong,
                "The root key \(ring.current.id) is not the one that the main database was sealed with, "
                    + "\((try? row?.text("Key_ID")) ?? "unknown"). Set UNIFY_MASTER_KEY or UNIFY_MASTER_KEY_FILE to that one."
            )
        }
    }

    /// Makes the ring's current key the current one of the main database.
    static func adopt(_ ring: KeyRing, in database: DatabaseHandle, date: Timestamp) async throws {
        let id = ring.current.id
        guard try await currentRow(in: database)?.text("Key_ID") != id else { return }
        try await database.execute("UPDATE Master_Key SET Is_Current = ?", [false])
        let known = try await database.execute(
            "UPDATE Master_Key SET Is_Current = ? WHERE Key_ID = ?", [true, .text(id)])
        if known.changes == 0 { try await insert(ring, in: database, date: date) }
    }

    private static func currentRow(in database: DatabaseHandle) async throws -> Row? {
        try await database.fetchOne("SELECT Key_ID, Check_Value FROM Master_Key WHERE Is_Current = ?", [true])
    }

    private static func insert(_ ring: KeyRing, in database: DatabaseHandle, date: Timestamp) async throws {
        let sealed = try ring.seal(Secret(text), in: place)
        let sql = database.dialect.insert(
            into: "Master_Key", columns: ["Key_ID", "Check_Value", "Is_Current", "Created_Date"], identity: nil)
        try await database.execute(sql, [.text(sealed.keyID), .text(sealed.text), true, .timestamp(date)])
    }
}
