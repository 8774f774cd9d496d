/// A row of `Users`, without the columns that only signing in needs.
public struct UserAccount: Sendable, Hashable {
    public let id: UserID
    public let username: String
    public let email: String
    public let isAdmin: Bool
    /// False for a suspended user, whose sessions do not work.
    public let isActive: Bool
    /// When the user asked to be deleted; nil if not deleted.
    public let deletedAt: Timestamp?
    public let createdAt: Timestamp
}
