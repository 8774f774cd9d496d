/// The owner of a pool.
package enum PoolKey: Hashable, Sendable {
    case main
    case user(UserID)

    /// Nil for the main database.
    var userID: UserID? { if case .user(let userID) = self { userID } else { nil } }
}
