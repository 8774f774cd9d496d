/// The rows of `Sealed_Secret`: an application's own secrets by name, sealed under the root key. ``KeyRotation``
/// reseals them with all others.
public struct SealedSecretRepository: Sendable {
    static let table = TableDefinition(
        "Sealed_Secret",
        columns: [
            ColumnDefinition("Secret_ID", .identity),
            ColumnDefinition("Name", .text(maxLength: 100)).required.unique,
            ColumnDefinition("Sealed", .longText).required,
            ColumnDefinition("Created_Date", .timestamp).required,
        ])

    private let database: DatabaseHandle
    private let ring: KeyRing

    public init(_ database: DatabaseHandle, ring: KeyRing) {
        self.database = database
        self.ring = ring
    }

    static func place(of name: String) -> String { "Sealed_Secret/Sealed/\(name)" }

    /// The secret of a name; nil if there is none.
    /// - Throws: ``TenancyError`` `keyMissing`, `unsealFailed`.
    public func find(_ name: String) async throws -> Secret<String>? {
        guard
            let row = try await database.fetchOne(
                "SELECT Sealed FROM Sealed_Secret WHERE Name = ?", [.text(name)])
        else { return nil }
        guard let sealed = SealedSecret(text: try row.text("Sealed")) else {
            throw TenancyError(.unsealFailed, "The secret \(name) in Sealed_Secret is not in its sealed form.")
        }
        return try ring.open(sealed, in: Self.place(of: name))
    }

    /// - Throws: ``TenancyError`` `uniqueViolation` if the name is taken.
    public func insert(_ secret: Secret<String>, as name: String, date: Timestamp) async throws {
        let sealed = try ring.seal(secret, in: Self.place(of: name))
        let sql = database.dialect.insert(
            into: "Sealed_Secret", columns: ["Name", "Sealed", "Created_Date"], identity: nil)
        try await database.execute(sql, [.text(name), .text(sealed.text), .timestamp(date)])
    }

    public func delete(_ name: String) async throws { try await Self.delete(name, in: database) }

    /// Removes a secret. Needs no root key.
    public static func delete(_ name: String, in database: DatabaseHandle) async throws {
        try await database.execute("DELETE FROM Sealed_Secret WHERE Name = ?", [.text(name)])
    }
}
