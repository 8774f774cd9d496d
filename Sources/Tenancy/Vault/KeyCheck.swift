/// Knows whether the root key is the one that the main database was sealed with, before anything is sealed with another.
///
/// `Master_Key` holds a fixed text, sealed under the key.
public struct KeyCheck: Sendable {
    private static let place = "Master_Key/Check_Value"
    private static let text = "unify"
    private let main: MainDatabase

    public init(_ main: MainDatabase) { self.main = main }

    /// The id of the key that the main database was sealed with; nil for a new one.
    public func knownKeyID() async throws -> String? {
        try await main.withDatabase(.read) { database in
            try await database.fetchOne("SELECT Key_ID FROM Master_Key")?.text("Key_ID")
        }
    }

    /// Remembers the key in a new main database; in any other makes sure that it is the right one.
    /// - Throws: ``TenancyError`` `keyWrong`.
    public func verify(_ ring: KeyRing) async throws {
        let date = main.time.wallNow
        let sealed = try ring.seal(Secret(Self.text), in: Self.place)
        let stored = try await main.transaction { database in
            if let row = try await database.fetchOne("SELECT Key_ID, Check_Value FROM Master_Key") {
                return (try row.text("Key_ID"), try row.text("Check_Value"))
            }
            let sql = database.dialect.insert(
                into: "Master_Key", columns: ["Key_ID", "Check_Value", "Created_Date"], identity: nil)
            try await database.execute(sql, [.text(ring.current.id), .text(sealed.text), .timestamp(date)])
            return (ring.current.id, sealed.text)
        }
        guard let check = SealedSecret(text: stored.1), stored.0 == ring.current.id,
            try ring.open(check, in: Self.place).unsafeReveal() == Self.text
        else {
            throw TenancyError(
                .keyWrong,
                "The root key \(ring.current.id) is not the one that the main database was sealed with, \(stored.0). "
                    + "Set UNIFY_MASTER_KEY or UNIFY_MASTER_KEY_FILE to that one.")
        }
    }
}
