/// Verifies the audit log's chain entry by entry, as a value.
struct AuditWalk: Sendable {
    private let key: AuditKey
    /// Entries recorded outside the main database: number and code.
    private var noted: [(id: Int64, code: String)]
    private var older: (entries: Int, digest: String) = (0, "")
    /// The first entry, or the first one that claims to be a beginning.
    private var suspect: Int64?
    private(set) var beginning: AuditBeginning?
    /// The number of valid entries, and the code of the newest of them.
    private(set) var entries = 0
    private(set) var head = ""
    private(set) var fault: Int64?

    init(key: AuditKey, noted: [(id: Int64, code: String)] = []) {
        self.key = key
        self.noted = noted.sorted { $0.id > $1.id }
    }

    /// Takes the next entry, in ascending order.
    /// - Returns: false if it is invalid; verification ends there.
    mutating func take(_ entry: AuditLog.Entry, code: String?) -> Bool {
        // Entry numbers start at 1, but a forged row can have any number.
        guard entry.id > 0 else { return refuse(entry.id) }
        guard beginning != nil else { return takeOlder(entry, code: code) }
        guard let code, code == AuditChain.code(entry, after: head, key: key) else { return refuse(entry.id) }
        head = code
        entries += 1
        while let next = noted.last, next.id <= entry.id {
            guard next.id == entry.id, next.code == code else { return refuse(next.id) }
            noted.removeLast()
        }
        return true
    }

    private mutating func takeOlder(_ entry: AuditLog.Entry, code: String?) -> Bool {
        if entry.action == AuditBeginning.action, let code, code == AuditChain.code(entry, after: "", key: key),
            let found = AuditBeginning(text: entry.detail), found.entries == older.entries,
            found.digest == older.digest
        {
            (beginning, head, entries) = (found, code, 1)
            noted.removeAll { $0.id < entry.id || ($0.id == entry.id && $0.code == code) }
            return true
        }
        if suspect == nil || entry.action == AuditBeginning.action { suspect = entry.id }
        older = (older.entries + 1, AuditChain.hash(entry, after: older.digest))
        return true
    }

    private mutating func refuse(_ id: Int64) -> Bool {
        fault = id
        return false
    }

    /// Call after the last entry.
    /// - Parameters:
    ///   - head: the stored head of the chain.
    ///   - newestRow: the greatest entry number in the table.
    mutating func end(head: (id: Int64, hash: String), newestRow: Int64) {
        guard fault == nil else { return }
        if beginning == nil {
            fault = suspect ?? 1
        } else if self.head != head.hash {
            // Entries were cut off the end,
            fault = head.id
        } else if newestRow > head.id {
            // or rows were appended without the chain,
            fault = newestRow
        } else if let cut = noted.last {
            // or entries were cut off and the head was moved.
            fault = cut.id
        }
    }
}
