internal import Tenancy

/// A session that holds, with its user.
struct SignedInSession: Sendable {
    let id: Int64
    let tokenHash: String
    let user: UserAccount
    let createdAt: Timestamp
    let expiresAt: Timestamp
    /// When the password was confirmed; nil if not since the session began.
    var confirmedAt: Timestamp?
    /// When it was last used, to the minute for an administrator's and to the hour for others; nil if not recorded.
    var usedAt: Timestamp?
    /// Whether its user enters a code when signing in.
    var hasSecondFactor = false
    /// Whether it came from the cookie, which a browser sends automatically.
    var isFromCookie = false
    /// Set if it is an administrator's access to the user's data; it is then read-only.
    var access: DataAccess?

    /// Whether it may use the administrators' pages and routes.
    func mayAdminister(_ rule: Settings.SecondFactorRule) -> Bool {
        user.isAdmin && (hasSecondFactor || rule == .optional)
    }

    /// Whether it has not expired. An administrator's expires sooner, even if it began before they became one.
    func holds(at date: Timestamp) -> Bool {
        SessionLimits.end(createdAt: createdAt, expiresAt: expiresAt, usedAt: usedAt, isAdmin: user.isAdmin) > date
    }

    /// Whether its use may have to be written down.
    func isUseDue(at date: Timestamp) -> Bool {
        user.isAdmin || (usedAt ?? createdAt).adding(SessionLimits.useInterval(isAdmin: false)) <= date
    }

    /// Whether the password was confirmed recently enough for dangerous actions.
    func isConfirmed(at date: Timestamp) -> Bool {
        (confirmedAt ?? createdAt).adding(SessionLimits.confirmation) > date
    }
}
