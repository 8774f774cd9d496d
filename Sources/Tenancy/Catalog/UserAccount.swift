/// A user as the main database knows them: one row of `Users`, without what only signing in needs.
public struct UserAccount: Sendable, Hashable {
    public let id: UserID
    public let username: String
    public let email: String
    public let isAdmin: Bool
    /// False for a suspended user: no session of theirs works.
    public let isActive: Bool
    /// When the user asked to be deleted; nil for everybody else.
    public let deletedAt: Timestamp?
    public let createdAt: Timestamp
}
