/// A line of ``WitnessFile``.
struct WitnessLine: Sendable, Hashable {
    enum Content: Sendable, Hashable {
        /// A state that the main database was in, and the newest entry of its audit log then.
        case state(MainGeneration, auditKeyID: String, auditID: Int64, auditCode: String)
        /// It was found to be an older copy, and what that brought back was ended; lines before this one count no more.
        case restored
    }

    /// As ``MainGeneration/databaseID(in:)``.
    let databaseID: String
    let date: Timestamp
    let content: Content

    /// The id of the audit log's key; nil in a line that says nothing of it.
    var auditKeyID: String? {
        guard case .state(_, let keyID, _, _) = content else { return nil }
        return keyID
    }

    /// The number of the newest entry of the audit log then; 0 in a line that says nothing of it.
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

    /// - Returns: nil where the text is not of the form above.
    init?(_ text: Substring) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count >= 3, let date = Timestamp(rfc3339: String(parts[1])) else { return nil }
        if parts.count == 3, parts[2] == "restored" {
            self.init(databaseID: String(parts[0]), date: date, content: .restored)
            return
        }
        // A line that was cut off in its last part has fewer digits there than a code has.
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
