internal import Tenancy

/// An administrator's leave to read one user's data for a while, for a reason that the user is told.
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
    /// The session that it was given to, with which it ends.
    let sessionID: Int64

    /// No rule makes a reason a good one; it is the user, who reads it, that judges it. This keeps out what says nothing.
    /// - Returns: what is wrong; nil for a reason.
    static func fault(inReason reason: String) -> String? {
        guard reason.count(where: { !$0.unicodeScalars.allSatisfy(\.isInvisible) }) >= minReason,
            reason.filter(\.isLetter).count >= minReasonLetters
        else {
            return "must say why, in at least \(minReason) characters: the user reads it"
        }
        return nil
    }
}
