/// The steps of undoing what a restored older copy of the main database brought back, in order. Each can be repeated.
public enum RestoreStep: String, Sendable, CaseIterable {
    /// All sessions are ended, and the audit log records why.
    case sessions

    static let auditAction = "main_database.restored"
}
