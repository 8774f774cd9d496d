/// The steps of removing a deleted user for good, in order. Each can be repeated; none can be undone.
public enum PurgeStep: String, Sendable, CaseIterable {
    /// Password hash and sealed passwords are overwritten, the config refuses everybody, and there is a job.
    case shred
    /// The database is gone, with its login or its files.
    case drop
    /// The rows of the main database are gone, and a tombstone is there.
    case forget
}
