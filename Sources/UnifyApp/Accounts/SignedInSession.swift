internal import Tenancy

/// A session that holds, with its user.
struct SignedInSession: Sendable {
    let id: Int64
    let tokenHash: String
    let user: UserAccount
    let expiresAt: Timestamp
    /// Whether it was told by the cookie, which a browser sends by itself.
    var isFromCookie = false
    /// Where it is an administrator's leave to read the user's data: only reading it is allowed.
    var access: DataAccess?
}
