/// An access to a user's data as the user sees it.
struct DataAccessEntry: Sendable {
    let access: DataAccess
    /// Nil if the administrator was removed.
    let actorName: String?
    /// Whether it can still be used.
    let isOpen: Bool
}
