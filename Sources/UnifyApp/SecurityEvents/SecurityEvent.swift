internal import Tenancy

/// An entry of the audit log about a user's own account, as they see it.
struct SecurityEvent: Sendable {
    let id: Int64
    let action: SecurityAction
    let date: Timestamp
    /// Nil if there was no client, or the event is older than this detail.
    let detail: SecurityDetail?

    init?(_ entry: AuditLog.Entry) {
        guard let action = SecurityAction(rawValue: entry.action) else { return nil }
        self.init(id: entry.id, action: action, date: entry.date, detail: SecurityDetail(text: entry.detail))
    }

    private init(id: Int64, action: SecurityAction, date: Timestamp, detail: SecurityDetail?) {
        self.id = id
        self.action = action
        self.date = date
        self.detail = detail
    }
}
