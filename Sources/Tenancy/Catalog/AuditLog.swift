/// The rows of `Audit_Log`: who did what to whom. Rows are added and never changed; ``verify()`` tells whether that is so.
public struct AuditLog: Sendable {
    public struct Entry: Sendable {
        public let id: Int64
        /// Who did it; nil for the system itself and for the operator's command.
        public let actor: UserID?
        public let action: String
        public let userID: UserID?
        public let detail: String?
        public let date: Timestamp
    }

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// To be called in a transaction, as the last thing in it: others who append wait until the transaction ends.
    /// - Parameter detail: at most 1,000 characters are kept; never a secret.
    public func append(
        _ action: String, actor: UserID?, userID: UserID?, detail: String? = nil, date: Timestamp
    ) async throws {
        let detail = detail?.fitting(1000)
        try await database.execute("UPDATE Audit_Head SET Audit_ID = Audit_ID WHERE Head_ID = 1")
        let previous = try await head().hash
        let id = try await database.insert(
            into: "Audit_Log",
            [
                "Actor_ID": .optionalInteger(actor?.rawValue), "Action": .text(action),
                "User_ID": .optionalInteger(userID?.rawValue),
                "Detail": .optionalText(detail), "Created_Date": .timestamp(date),
            ], identity: "Audit_ID")
        let entry = Entry(id: id, actor: actor, action: action, userID: userID, detail: detail, date: date)
        let hash = AuditChain.hash(entry, after: previous)
        try await database.execute(
            "INSERT INTO Audit_Chain (Audit_ID, Hash) VALUES (?, ?)", [.integer(id), .text(hash)])
        try await database.execute(
            "UPDATE Audit_Head SET Audit_ID = ?, Hash = ? WHERE Head_ID = 1", [.integer(id), .text(hash)])
    }

    /// The number and the hash of the newest entry, 0 and an empty one before the first; and the number of the newest row,
    /// which is another one where somebody else has written it.
    private func head() async throws -> (id: Int64, hash: String, newestRow: Int64) {
        let sql = """
            SELECT Audit_ID, Hash, (SELECT MAX(Audit_ID) FROM Audit_Log) AS Newest_ID FROM Audit_Head WHERE Head_ID = 1
            """
        guard let row = try await database.fetchOne(sql) else {
            throw TenancyError(.unexpectedValue, "The head of the audit log's chain is gone.")
        }
        return (try row.integer("Audit_ID"), try row.text("Hash"), try row.optionalInteger("Newest_ID") ?? 0)
    }

    /// What following the chain of hashes from its beginning found.
    public struct Verification: Sendable, Hashable {
        /// How many entries fit.
        public let entries: Int
        /// The hash of the newest entry that fits.
        public let head: String
        /// The number of the first entry that does not fit, or is missing before it; nil where all fit.
        public let firstFault: Int64?
    }

    /// Follows the chain up to the entry that is the newest when this begins.
    public func verify() async throws -> Verification {
        let end = try await head()
        // No entry has a number below 1, but a row may.
        var (previous, last, count) = ("", Int64.min, 0)
        let sql = """
            SELECT A.Audit_ID, A.Actor_ID, A.Action, A.User_ID, A.Detail, A.Created_Date, C.Hash FROM Audit_Log A \
            LEFT JOIN Audit_Chain C ON C.Audit_ID = A.Audit_ID WHERE A.Audit_ID > ? AND A.Audit_ID <= ? \
            ORDER BY A.Audit_ID \(database.dialect.limitClause)
            """
        while true {
            let rows = try await database.fetchAll(sql, [.integer(last), .integer(end.id), 1000])
            for row in rows {
                let entry = try Self.entry(row)
                last = entry.id
                guard entry.id > 0 else { return Verification(entries: count, head: previous, firstFault: entry.id) }
                let hash = try row.optionalText("Hash")
                // From before the chain was begun.
                if hash == nil && previous.isEmpty { continue }
                guard let hash, hash == AuditChain.hash(entry, after: previous) else {
                    return Verification(entries: count, head: previous, firstFault: entry.id)
                }
                previous = hash
                count += 1
            }
            if rows.count < 1000 { break }
        }
        // Entries were cut off the end, or rows put behind it.
        let fault = previous != end.hash ? end.id : end.newestRow > end.id ? end.newestRow : nil
        return Verification(entries: count, head: previous, firstFault: fault)
    }

    /// The newest entries, those numbered below `before` where it is given.
    /// - Parameters:
    ///   - userID: only entries about this user; nil for all.
    ///   - actions: only entries of these; none for all.
    public func list(
        before: Int64?, limit: Int, about userID: UserID? = nil, actions: [String] = []
    ) async throws -> [Entry] {
        let condition =
            (userID == nil ? "" : " AND User_ID = ?")
            + (actions.isEmpty ? "" : " AND Action IN (\(SQLStatement.marks(actions.count)))")
        let sql = """
            SELECT Audit_ID, Actor_ID, Action, User_ID, Detail, Created_Date FROM Audit_Log \
            WHERE Audit_ID < ?\(condition) ORDER BY Audit_ID DESC \(database.dialect.limitClause)
            """
        let parameters: [SQLValue] =
            [.integer(before ?? .max)] + (userID.map { [.integer($0.rawValue)] } ?? []) + actions.map { .text($0) }
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.entry)
    }

    private static func entry(_ row: Row) throws -> Entry {
        Entry(
            id: try row.integer("Audit_ID"), actor: try row.optionalInteger("Actor_ID").flatMap { UserID($0) },
            action: try row.text("Action"), userID: try row.optionalInteger("User_ID").flatMap { UserID($0) },
            detail: try row.optionalText("Detail"), date: try row.timestamp("Created_Date"))
    }
}
