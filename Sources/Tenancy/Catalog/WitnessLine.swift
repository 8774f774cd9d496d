/// A line of ``WitnessFile``.
struct WitnessLine: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// A state of the main database, with the newest audit log entry at that time.
        case state(MainGeneration, auditKeyID: String, auditID: Int64, auditCode: String)
        /// The database was found to be an older copy, and the effects were undone. Earlier lines no longer count.
        case restored
    }

    /// See ``MainGeneration/databaseID(in:)``.
    let databaseID: String
    let date: Timestamp
    let content: Content

    /// The id of the audit log's key; nil if the line has none.
    var auditKeyID: String? {
        guard case .state(_, let keyID, _, _) = content else { return nil }
        return keyID
    }

    /// The number of the newest audit log entry; 0 if the line has none.
    var auditID: Int64 {
        guard case .state(_, _, let id, _) = content else { return 0 }
        return id
    }

    var text: String {
        switch content {
        case .state(let state, let keyID, let id, let code):
            "\(databaseID) \(date.rfc3339) state \(state.number) \(state.tag) \(keyID) \(id) \(code)"
        case .restored: "\(databaseID) \(date.rfc3339) restored"
        }
    }

    init(databaseID: String, date: Timestamp, content: Content) {
        self.databaseID = databaseID
        self.date = date
        self.content = content
    }

    /// - Returns: nil if the text is not a complete line.
    init?(_ text: Substring) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count >= 3, let date = Timestamp(rfc3339: String(parts[1])) else { return nil }
        if parts.count == 3, parts[2] == "restored" {
            self.init(databaseID: String(parts[0]), date: date, content: .restored)
            return
        }
        // A line that was cut off within its last field has a code that is too short.
        guard parts.count == 8, parts[2] == "state", let number = Int64(parts[3]), let id = Int64(parts[6]),
            [0, 64].contains(parts[7].utf8.count)
        else {
            return nil
        }
        self.init(
            databaseID: String(parts[0]), date: date,
            content: .state(
                MainGeneration(number: number, tag: String(parts[4])), auditKeyID: String(parts[5]), auditID: id,
                auditCode: String(parts[7])))
    }
}
