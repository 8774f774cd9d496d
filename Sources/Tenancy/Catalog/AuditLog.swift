/// The rows of `Audit_Log`: who did what to whom. Rows are appended and never changed; ``verify()`` checks this.
public struct AuditLog: Sendable {
    public struct Entry: Sendable {
        public let id: Int64
        /// The user who acted; nil for the server and for operator commands.
        public let actor: UserID?
        /// The command that acted, as `cli:USER@HOST`; nil for users and for the server.
        public let command: String?
        public let action: String
        public let userID: UserID?
        public let detail: String?
        public let date: Timestamp
    }

    /// The maximum stored length of a command name, in UTF-16 code units.
    static let maxActor = 200

    private let database: DatabaseHandle

    public init(_ database: DatabaseHandle) { self.database = database }

    /// Appends an entry. Call it last in a transaction: other writers of the log wait until that transaction ends.
    /// - Parameter detail: never a secret; cut to 1,000 characters.
    /// - Throws: ``TenancyError`` `keyMissing` unless ``KeyCheck/verify(_:)`` has been called.
    public func append(
        _ action: String, actor: UserID?, userID: UserID?, detail: String? = nil, date: Timestamp
    ) async throws {
        let key = try context().auditKey()
        try await lock()
        let previous = try await head().hash
        try await append(
            action, actor: actor, command: actor == nil ? context().operatorName : nil, userID: userID, detail: detail,
            date: date, after: previous, key: key)
        try context().noteChange()
    }

    /// Begins the chain, in a transaction that holds ``lock()``. Its first entry covers all existing entries.
    /// - Returns: what the first entry records.
    func begin(key: AuditKey, date: Timestamp) async throws -> AuditBeginning {
        var walk = OldAuditWalk()
        let end = try await head()
        try await forEachEntry(upTo: .max) { entry, hash in
            walk.take(entry, hash: hash)
            return true
        }
        let beginning = walk.end(head: (end.id, end.hash))
        try await append(
            AuditBeginning.action, actor: nil, command: nil, userID: nil, detail: beginning.text, date: date, after: "",
            key: key)
        return beginning
    }

    /// Locks the head of the chain until the transaction ends.
    func lock() async throws {
        try await database.execute("UPDATE Audit_Head SET Audit_ID = Audit_ID WHERE Head_ID = 1")
    }

    private func append(
        _ action: String, actor: UserID?, command: String?, userID: UserID?, detail: String?, date: Timestamp,
        after previous: String, key: AuditKey
    ) async throws {
        let (detail, command) = (detail?.truncated(toUTF16: 1000), command?.truncated(toUTF16: Self.maxActor))
        let id = try await database.insert(
            into: "Audit_Log",
            [
                "Actor_ID": .optionalInteger(actor?.rawValue), "Actor": .optionalText(command), "Action": .text(action),
                "User_ID": .optionalInteger(userID?.rawValue),
                "Detail": .optionalText(detail), "Created_Date": .timestamp(date),
            ], identity: "Audit_ID")
        let entry = Entry(
            id: id, actor: actor, command: command, action: action, userID: userID, detail: detail, date: date)
        let code = AuditChain.code(entry, after: previous, key: key)
        try await database.execute(
            "INSERT INTO Audit_Chain (Audit_ID, Hash) VALUES (?, ?)", [.integer(id), .text(code)])
        try await database.execute(
            "UPDATE Audit_Head SET Audit_ID = ?, Hash = ? WHERE Head_ID = 1", [.integer(id), .text(code)])
    }

    private func context() throws -> MainContext {
        guard let context = database.mainContext else {
            throw TenancyError(.internalFailure, "The audit log is in the main database alone.")
        }
        return context
    }

    /// The number and code of the newest chained entry (0 and empty if there is none), and the number of the newest
    /// row. The two numbers differ if a row was written without the chain.
    func head() async throws -> (id: Int64, hash: String, newestRow: Int64) {
        let sql = """
            SELECT Audit_ID, Hash, (SELECT MAX(Audit_ID) FROM Audit_Log) AS Newest_ID FROM Audit_Head WHERE Head_ID = 1
            """
        guard let row = try await database.fetchOne(sql) else {
            throw TenancyError(.unexpectedValue, "The head of the audit log's chain is gone.")
        }
        return (try row.integer("Audit_ID"), try row.text("Hash"), try row.optionalInteger("Newest_ID") ?? 0)
    }

    /// The result of verifying the chain.
    public struct Verification: Sendable, Hashable {
        /// The number of valid entries, not counting those from before the chain.
        public let entries: Int
        /// The code of the newest valid entry.
        public let head: String
        /// The number of the first invalid entry, or of the one before which an entry is missing; nil if the chain is
        /// intact.
        public let firstFault: Int64?
        /// The first entry that did not match the old chain when the log got its key; nil if all did.
        public let oldFault: Int64?
    }

    /// Verifies the chain up to the entry that is the newest when the call begins.
    public func verify() async throws -> Verification { try await verify(noted: []) }

    /// - Parameters:
    ///   - noted: codes of entries recorded outside the main database.
    ///   - isCovered: returns whether the object of an entry still matches that entry.
    func verify(
        noted: [(id: Int64, code: String)], isCovered: (DatabaseHandle, Entry) async throws -> Bool = { _, _ in true }
    ) async throws -> Verification {
        let end = try await head()
        var walk = AuditWalk(key: try context().auditKey(), noted: noted)
        var uncovered: Int64?
        try await forEachEntry(upTo: end.id) { entry, code in
            guard walk.take(entry, code: code) else { return false }
            if uncovered == nil, try await !isCovered(database, entry) { uncovered = entry.id }
            return true
        }
        walk.end(head: (end.id, end.hash), newestRow: end.newestRow)
        var oldFault: Int64?
        if case .broken(let id) = walk.beginning?.oldChain { oldFault = id }
        return Verification(
            entries: walk.entries, head: walk.head, firstFault: walk.fault ?? uncovered, oldFault: oldFault)
    }

    /// Calls the body with each entry and its code, oldest first, until it returns false.
    private func forEachEntry(upTo end: Int64, _ body: (Entry, String?) async throws -> Bool) async throws {
        var last = Int64.min
        let sql = """
            SELECT A.Audit_ID, A.Actor_ID, A.Actor, A.Action, A.User_ID, A.Detail, A.Created_Date, C.Hash FROM Audit_Log A \
            LEFT JOIN Audit_Chain C ON C.Audit_ID = A.Audit_ID WHERE A.Audit_ID > ? AND A.Audit_ID <= ? \
            ORDER BY A.Audit_ID \(database.dialect.limitClause)
            """
        while true {
            let rows = try await database.fetchAll(sql, [.integer(last), .integer(end), 1000])
            for row in rows {
                let entry = try Self.entry(row)
                last = entry.id
                guard try await body(entry, try row.optionalText("Hash")) else { return }
            }
            if rows.count < 1000 { return }
        }
    }

    /// The newest entry of an action if its code is valid; otherwise nil.
    func newest(_ action: String) async throws -> Entry? {
        guard let entry = try await list(before: nil, limit: 1, actions: [action]).first else { return nil }
        let codes = try await database.fetchAll(
            "SELECT Audit_ID, Hash FROM Audit_Chain WHERE Audit_ID <= ? ORDER BY Audit_ID DESC "
                + database.dialect.limitClause, [.integer(entry.id), 2])
        guard let own = codes.first, try own.integer("Audit_ID") == entry.id else { return nil }
        let previous = try codes.dropFirst().first?.text("Hash") ?? ""
        let code = AuditChain.code(entry, after: previous, key: try context().auditKey())
        return try own.text("Hash") == code ? entry : nil
    }

    /// The newest entries, newest first.
    /// - Parameters:
    ///   - before: only entries with smaller numbers; nil to start at the newest.
    ///   - userID: only entries about this user; nil for all.
    ///   - actions: only these actions; empty for all.
    public func list(
        before: Int64?, limit: Int, about userID: UserID? = nil, actions: [String] = []
    ) async throws -> [Entry] {
        try await list(before: before, limit: limit, AuditFilter(about: userID, actions: actions))
    }

    /// The newest entries that match the filter, newest first.
    /// - Parameter before: only entries with smaller numbers; nil to start at the newest.
    public func list(before: Int64?, limit: Int, _ filter: AuditFilter) async throws -> [Entry] {
        let (condition, parameters) = filter.condition(before: before)
        let sql = """
            SELECT Audit_ID, Actor_ID, Actor, Action, User_ID, Detail, Created_Date FROM Audit_Log \
            WHERE \(condition) ORDER BY Audit_ID DESC \(database.dialect.limitClause)
            """
        return try await database.fetchAll(sql, parameters + [.integer(Int64(limit))]).map(Self.entry)
    }

    /// How many entries ``list(before:limit:_:)`` would return without a limit.
    public func count(before: Int64?, _ filter: AuditFilter) async throws -> Int {
        let (condition, parameters) = filter.condition(before: before)
        let sql = "SELECT COUNT(*) AS Number FROM Audit_Log WHERE \(condition)"
        return Int(try await database.fetchOne(sql, parameters)?.integer("Number") ?? 0)
    }

    private static func entry(_ row: Row) throws -> Entry {
        Entry(
            id: try row.integer("Audit_ID"), actor: try row.optionalInteger("Actor_ID").flatMap { UserID($0) },
            command: try row.optionalText("Actor"),
            action: try row.text("Action"), userID: try row.optionalInteger("User_ID").flatMap { UserID($0) },
            detail: try row.optionalText("Detail"), date: try row.timestamp("Created_Date"))
    }
}
