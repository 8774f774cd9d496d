internal import Tenancy

/// An administrator's temporary access to one user's data, for a reason that the user can read.
struct DataAccess: Sendable {
    static let lifetime: Duration = .seconds(15 * 60)
    static let maxReason = 500
    private static let minReason = 5
    private static let minReasonLetters = 3

    let id: Int64
    let userID: UserID
    /// The administrator.
    let actorID: UserID
    let reason: String
    let createdAt: Timestamp
    let expiresAt: Timestamp
    /// When it was ended before its time; nil if it was not.
    var endedAt: Timestamp?
    /// The administrator's session, with which the access ends.
    let sessionID: Int64

    /// Rejects reasons that say nothing. No rule can tell a good reason from a bad one; the user who reads it judges.
    /// - Returns: what is wrong with the reason; nil if it is acceptable.
    static func fault(inReason reason: String) -> String? {
        guard reason.count(where: { !$0.unicodeScalars.allSatisfy(\.isInvisible) }) >= minReason,
            reason.filter(\.isLetter).count >= minReasonLetters
        else {
            return "must say why, in at least \(minReason) characters: the user reads it"
        }
        return nil
    }
}
