/// Follows the chain of the audit log from its beginning.
struct AuditWalk: Sendable {
    private let key: AuditKey
    /// What a record outside the main database says of entries: their codes, by their numbers.
    private var noted: [(id: Int64, code: String)]
    private var older: (entries: Int, digest: String) = (0, "")
    /// The first entry that claims to be a beginning, or the first of all.
    private var suspect: Int64?
    private(set) var beginning: AuditBeginning?
    /// How many entries fit, and the code of the newest of them.
    private(set) var entries = 0
    private(set) var head = ""
    private(set) var fault: Int64?

    init(key: AuditKey, noted: [(id: Int64, code: String)] = []) {
        self.key = key
        self.noted = noted.sorted { $0.id > $1.id }
    }

    /// Takes the next entry, in the order of their numbers.
    /// - Returns: false where it does not fit: nothing after it counts.
    mutating func take(_ entry: AuditLog.Entry, code: String?) -> Bool {
        // No entry has a number below 1, but a row may.
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

    /// To be called after the last entry.
    /// - Parameters:
    ///   - head: what the head of the chain says is its end.
    ///   - newestRow: the greatest number of an entry.
    mutating func end(head: (id: Int64, hash: String), newestRow: Int64) {
        guard fault == nil else { return }
        if beginning == nil {
            fault = suspect ?? 1
        } else if self.head != head.hash {
            // Entries were cut off the end,
            fault = head.id
        } else if newestRow > head.id {
            // or rows put behind it,
            fault = newestRow
        } else if let cut = noted.last {
            // or both cut off and the head moved.
            fault = cut.id
        }
    }
}
