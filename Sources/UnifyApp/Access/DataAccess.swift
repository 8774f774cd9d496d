internal import Tenancy

/// An administrator's leave to read one user's data for a while, for a reason that the user is told.
struct DataAccess: Sendable {
    static let lifetime: Duration = .seconds(15 * 60)
    static let maxReason = 500

    let id: Int64
    let userID: UserID
    /// The administrator.
    let actorID: UserID
    let reason: String
    let createdAt: Timestamp
    let expiresAt: Timestamp
}
