import Testing

@testable internal import Tenancy

@Suite("ConfigCache")
struct ConfigCacheTests {
    private static func config(_ userID: UserID, epoch: Int64 = 1) throws -> UserDatabaseConfig {
        UserDatabaseConfig(
            userID: userID, engine: .sqlite, host: nil, port: nil, name: nil, login: nil, sealedPassword: nil,
            sealedNextPassword: nil, tls: TLSOptions(),
            path: UserDatabaseFiles.relativePath(of: userID), uuid: .random(), epoch: epoch, state: .active,
            serverID: nil, schemaVersion: 1, createdAt: Timestamp(milliseconds: 0))
    }

    private static func version(_ cache: ConfigCache, _ userID: UserID) throws -> CacheVersion {
        guard case .ask(let version) = cache.answer(for: userID) else {
            throw TenancyError(.internalFailure, "the cache knows user \(userID)")
        }
        return version
    }

    private static func fill(_ cache: ConfigCache, _ userID: UserID, epoch: Int64 = 1) throws {
        cache.keep(try config(userID, epoch: epoch), for: userID, version: try version(cache, userID))
    }

    private static func epoch(_ cache: ConfigCache, _ userID: UserID) -> Int64? {
        guard case .config(let config) = cache.answer(for: userID) else { return nil }
        return config.epoch
    }

    @Test func asksThenKnows() throws {
        let cache = ConfigCache()
        try Self.fill(cache, 1, epoch: 5)
        #expect(Self.epoch(cache, 1) == 5)
        #expect(Self.epoch(cache, 2) == nil)
    }

    @Test func knowsThatAUserHasNone() throws {
        let cache = ConfigCache()
        cache.keep(nil, for: 1, version: try Self.version(cache, 1))
        guard case .none = cache.answer(for: 1) else {
            Issue.record("the cache asks again")
            return
        }
        #expect(cache.counts == (0, 1))
    }

    @Test func invalidationForgetsAndTellsTheEpoch() throws {
        let cache = ConfigCache()
        try Self.fill(cache, 1, epoch: 5)
        #expect(cache.invalidate(1) == 5)
        #expect(cache.invalidate(1) == nil)
        #expect(Self.epoch(cache, 1) == nil)
    }

    @Test func invalidationForgetsThatAUserHasNone() throws {
        let cache = ConfigCache()
        cache.keep(nil, for: 1, version: try Self.version(cache, 1))
        _ = cache.invalidate(1)
        guard case .ask = cache.answer(for: 1) else {
            Issue.record("the cache still says that there is none")
            return
        }
        #expect(cache.counts == (0, 0))
    }

    @Test func readThatBeganBeforeAnInvalidationIsNotKept() throws {
        let cache = ConfigCache()
        let before = try Self.version(cache, 1)
        _ = cache.invalidate(1)
        cache.keep(try Self.config(1), for: 1, version: before)
        cache.keep(nil, for: 1, version: before)
        #expect(cache.counts == (0, 0))
        try Self.fill(cache, 1)
        #expect(Self.epoch(cache, 1) == 1)
    }

    @Test func readThatBeganBeforeAllWereInvalidatedIsNotKept() throws {
        let cache = ConfigCache()
        try Self.fill(cache, 2)
        let before = try Self.version(cache, 1)
        cache.invalidateAll()
        cache.keep(try Self.config(1), for: 1, version: before)
        #expect(cache.counts == (0, 0))
    }

    @Test func dropsWhatWasUsedLongestAgoAtItsBounds() throws {
        let cache = ConfigCache(maxKnown: 2, maxUnknown: 1)
        try Self.fill(cache, 1)
        try Self.fill(cache, 2)
        _ = cache.answer(for: 1)
        try Self.fill(cache, 3)
        #expect(Self.epoch(cache, 1) == 1)
        #expect(Self.epoch(cache, 2) == nil)
        for userID: UserID in [8, 9] { cache.keep(nil, for: userID, version: try Self.version(cache, userID)) }
        #expect(cache.counts == (2, 1))
    }
}
