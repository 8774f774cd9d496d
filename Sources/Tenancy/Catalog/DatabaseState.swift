/// The life cycle of a user database. The raw values are stored in `User_Database_Config.State`.
public enum DatabaseState: String, Sendable, Hashable, CaseIterable {
    /// The config is reserved; the database is being made.
    case provisioning
    case active
    /// Made, but all access is refused.
    case suspended
    /// Provisioning failed and is being undone.
    case removing
}
