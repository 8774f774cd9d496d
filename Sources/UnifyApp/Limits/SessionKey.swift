/// A session, or an administrator's access to a user's data, by its token.
struct SessionKey: Hashable, Sendable {
    let tokenHash: String
    let isForAccess: Bool
}

extension SignedInSession {
    var key: SessionKey { SessionKey(tokenHash: tokenHash, isForAccess: access != nil) }
}
