import Testing

@testable import Tenancy
@testable import UnifyApp

@Suite("SessionCache")
struct SessionCacheTests {
    private static func session(of userID: UserID) -> SignedInSession {
        let user = UserAccount(
            id: userID, username: "ada", email: "ada@example.org", isAdmin: false, isActive: true, deletedAt: nil,
            createdAt: Timestamp(milliseconds: 0))
        return SignedInSession(
            id: 1, tokenHash: "hash", user: user, createdAt: Timestamp(milliseconds: 0),
            expiresAt: Timestamp(milliseconds: 0))
    }

    @Test(arguments: [.user(1), .user(2), .keys, .everything] as [ChangeFeed.Change])
    func aLookUpThatBeganBeforeAnInvalidationIsNotKept(change: ChangeFeed.Change) {
        let cache = SessionCache()
        let before = cache.find("hash").version
        cache.invalidate(change)
        cache.keep(Self.session(of: 1), version: before)
        #expect(cache.find("hash").session == nil)
        cache.keep(Self.session(of: 1), version: cache.find("hash").version)
        #expect(cache.find("hash").session != nil)
    }

    @Test func aChangeOfAUserEndsTheirSessionsAlone() {
        let cache = SessionCache()
        cache.keep(Self.session(of: 1), version: CacheVersion())
        cache.invalidate(.user(2))
        #expect(cache.find("hash").session != nil)
        cache.invalidate(.user(1))
        #expect(cache.find("hash").session == nil)
    }
}
