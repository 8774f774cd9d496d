internal import Tenancy

/// A session that holds, with its user.
struct SignedInSession: Sendable {
    let id: Int64
    let tokenHash: String
    let user: UserAccount
    let createdAt: Timestamp
    let expiresAt: Timestamp
    /// When the password was given again; nil if it was not since the session began.
    var confirmedAt: Timestamp?
    /// When it was last used, to the minute for an administrator's and to the hour for others; nil where that was not written
    /// down.
    var usedAt: Timestamp?
    /// Whether its user gives a code when signing in.
    var hasSecondFactor = false
    /// Whether it was told by the cookie, which a browser sends by itself.
    var isFromCookie = false
    /// Where it is an administrator's leave to read the user's data: only reading it is allowed.
    var access: DataAccess?

    /// Whether it has not ended by itself. An administrator's ends sooner, also where it began before they were one.
    func holds(at date: Timestamp) -> Bool {
        SessionLimits.end(createdAt: createdAt, expiresAt: expiresAt, usedAt: usedAt, isAdmin: user.isAdmin) > date
    }

    /// Whether its use may have to be written down.
    func isUseDue(at date: Timestamp) -> Bool {
        user.isAdmin || (usedAt ?? createdAt).adding(SessionLimits.useInterval(isAdmin: false)) <= date
    }

    /// Whether the password was given so lately that what is dangerous may be done.
    func isConfirmed(at date: Timestamp) -> Bool {
        (confirmedAt ?? createdAt).adding(SessionLimits.confirmation) > date
    }
}
