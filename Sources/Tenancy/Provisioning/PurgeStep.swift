/// The steps of permanently removing a deleted user, in order. Each can be repeated; none can be undone.
public enum PurgeStep: String, Sendable, CaseIterable {
    /// Password hash and sealed passwords are overwritten, the config refuses all access, and the job exists.
    case shred
    /// The database is removed, with its login or its files.
    case drop
    /// The rows of the main database are removed, and a tombstone is written.
    case forget
}
