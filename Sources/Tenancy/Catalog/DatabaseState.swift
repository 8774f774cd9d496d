/// Where a user database is in its life. The raw values stand in `User_Database_Config.State`.
public enum DatabaseState: String, Sendable, Hashable, CaseIterable {
    /// Its config is reserved, the database is being made.
    case provisioning
    case active
    /// There, and refused to everybody.
    case suspended
    /// Its making failed and is being undone.
    case removing
}
