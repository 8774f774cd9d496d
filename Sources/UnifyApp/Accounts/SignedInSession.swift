internal import Tenancy

/// A session that holds, with its user: whoever acts.
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
    /// Set if its user is an administrator who reads another user's data with it, and can do nothing else.
    var access: OpenAccess?

    /// Whose data it is about: the user's own, or that of another user to which it is an access.
    var owner: UserAccount { access?.owner ?? user }

    /// Who works with it, in whose database, and with what rights.
    var context: DatabaseContext {
        DatabaseContext(actor: user.id, owner: owner.id, rights: access == nil ? .write : .read)
    }

    /// Whether it may use the administrators' pages and routes.
    func mayAdminister(_ rule: Settings.SecondFactorRule) -> Bool {
        access == nil && user.isAdmin && (hasSecondFactor || rule == .optional)
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
