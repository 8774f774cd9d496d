/// The stamp in every user database that says whose it is. Its config holds the same UUID.
public struct DatabaseIdentity: Sendable, Hashable {
    public let userID: UserID
    public let uuid: DatabaseID
    public let schemaVersion: Int
    public let fingerprint: String

    public init(userID: UserID, uuid: DatabaseID, schemaVersion: Int, fingerprint: String) {
        self.userID = userID
        self.uuid = uuid
        self.schemaVersion = schemaVersion
        self.fingerprint = fingerprint
    }

    public static let table = TableDefinition(
        "Database_Identity",
        columns: [
            ColumnDefinition("Identity_ID", .integer).primaryKey,
            ColumnDefinition("User_ID", .integer).required,
            ColumnDefinition("Database_UUID", .text(maxLength: 36)).required,
            ColumnDefinition("Schema_Version", .integer).required,
            ColumnDefinition("Schema_Fingerprint", .text(maxLength: 64)).required,
        ])

    /// Inserts the stamp into a database that has none. Fails if there is one, because the table's key is always 1.
    public func insertion(in dialect: any Dialect) -> SQLStatement {
        SQLStatement(
            dialect.insert(into: Self.table.name, columns: Self.table.columns.map(\.name), identity: nil),
            [
                1, .integer(userID.rawValue), .text(uuid.text), .integer(Int64(schemaVersion)), .text(fingerprint),
            ])
    }

    /// The stamp of a database; nil if it has none.
    public static func read(
        from connection: any DatabaseConnection, dialect: any Dialect
    ) async throws -> DatabaseIdentity? {
        try stamp(in: try await connection.query(query(in: dialect), limits: StatementLimits(access: .read)))
    }

    /// The query for the stamp.
    static func query(in dialect: any Dialect) -> SQLStatement {
        let names = table.columns.dropFirst().map { dialect.quote($0.name) }.joined(separator: ", ")
        return SQLStatement("SELECT \(names) FROM \(dialect.quote(table.name)) WHERE Identity_ID = 1")
    }

    /// The stamp in the result of ``query(in:)``; nil if there is none.
    static func stamp(in answer: ResultSet) throws -> DatabaseIdentity? {
        guard let row = answer.first else { return nil }
        guard let userID = UserID(try row.integer("User_ID")),
            let uuid = DatabaseID(try row.text("Database_UUID"))
        else { throw TenancyError(.wrongDatabase, "The identity stamp of this database cannot be read.") }
        return DatabaseIdentity(
            userID: userID, uuid: uuid, schemaVersion: Int(try row.integer("Schema_Version")),
            fingerprint: try row.text("Schema_Fingerprint"))
    }
}
