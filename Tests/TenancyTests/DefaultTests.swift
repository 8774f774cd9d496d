import SQLiteEngine
import Testing

@testable import Tenancy

/// The bounds of docs/limits.md that are constants or defaults. What happens at each is tried where it is enforced,
/// mostly with smaller numbers.
@Suite("Defaults") struct DefaultTests {
    @Test func pools() {
        let limits = PoolLimits()
        #expect(limits.poolSize == 10)
        #expect(limits.maxOverflow == 20)
        #expect(limits.maxPerDatabase == 30)
        #expect(limits.maxConnections == 1000)
        #expect(limits.maxWaiting == 10_000)
        #expect(limits.waitLimit == .seconds(10))
        #expect(limits.idleLimit == .seconds(300))
    }

    @Test func statements() {
        let limits = StatementLimits()
        #expect(limits.timeLimit == .seconds(30))
        #expect(limits.maxRows == 100_000)
        #expect(limits.maxBytes == 64 * 1_048_576)
    }

    @Test func servers() throws {
        let request = try ServerRequest(
            name: "db", engine: .postgresql, host: "db", login: Login(name: "a", password: Secret("b")))
        #expect(request.maxConnections == 100)
        #expect(ServerHealth.failureLimit == 3)
        #expect(ServerHealth.firstPause == .milliseconds(250))
        #expect(ServerHealth.longestPause == .seconds(5))
        #expect(CallScheduler.stopGrace == .seconds(3))
        #expect(WarmPool.makingLimit == .seconds(600))
        let options = MultiTenantDatabaseManager.Options()
        #expect(options.warmPoolSize == 0)
        #expect(options.pool == PoolLimits())
    }

    @Test func changes() {
        #expect(ChangeFeed.interval == .milliseconds(200))
        #expect(ChangeFeed.slowInterval == .seconds(2))
        #expect(ChangeFeed.retention == .seconds(3600))
        #expect(ChangeWindow.gapLimit == .seconds(120))
        #expect(ChangeWindow.maxOpen == 10_000)
        #expect(ChangeWindow.maxAge == .seconds(600))
    }

    @Test func descriptorsOfAConnection() {
        #expect(SQLiteEngine().capabilities.descriptorsPerConnection == 3)
    }

    // MARK: At the bound

    @Test func changesToldApartInOneLook() {
        var window = ChangeWindow(floor: 0, now: .zero)
        let most = window.take(Array(1...9_999), now: .zero)
        #expect(most?.count == 9_999)
        var crowded = ChangeWindow(floor: 0, now: .zero)
        let tooMany = crowded.take(Array(1...10_000), now: .zero)
        #expect(tooMany == nil)
    }

    @Test func aGapIsKeptOpenForTwoMinutes() {
        var window = ChangeWindow(floor: 0, now: .zero)
        _ = window.take([2], now: .zero)
        _ = window.take([2], now: .seconds(120))
        let inTime = window.take([1, 2], now: .seconds(121))
        #expect(inTime == [1])
        var late = ChangeWindow(floor: 0, now: .zero)
        _ = late.take([2], now: .zero)
        _ = late.take([2], now: .seconds(120) + .milliseconds(1))
        let tooLate = late.take([1, 2], now: .seconds(121))
        #expect(tooLate == [])
    }

    @Test func whoHasNotLookedForTenMinutesDropsEverything() {
        var window = ChangeWindow(floor: 0, now: .zero)
        let inTime = window.take([1], now: .seconds(600) - .milliseconds(1))
        #expect(inTime == [1])
        var late = ChangeWindow(floor: 0, now: .zero)
        let tooLate = late.take([1], now: .seconds(600))
        #expect(tooLate == nil)
    }

    @Test func configsKeptInMemory() throws {
        let cache = ConfigCache()
        let config = UserDatabaseConfig(
            userID: 1, engine: .sqlite, host: nil, port: nil, name: nil, login: nil, sealedPassword: nil,
            sealedNextPassword: nil, tls: TLSOptions(), path: "a", uuid: .random(), epoch: 1, state: .active,
            serverID: nil, schemaVersion: 1, createdAt: Timestamp(milliseconds: 0))
        func keep(_ config: UserDatabaseConfig?, _ numbers: ClosedRange<Int64>) {
            for userID in numbers.lazy.compactMap(UserID.init) {
                cache.keep(config, for: userID, version: CacheVersion())
            }
        }
        func isKnown(_ userID: UserID) -> Bool {
            if case .ask = cache.answer(for: userID) { false } else { true }
        }
        keep(config, 1...100_000)
        keep(nil, 1_000_001...1_010_000)
        #expect(cache.counts == (100_000, 10_000))
        #expect(isKnown(1) && isKnown(1_000_001), "these two were used last now")
        keep(config, 100_001...100_001)
        keep(nil, 1_010_001...1_010_001)
        #expect(cache.counts == (100_000, 10_000))
        #expect(isKnown(1) && isKnown(1_000_001))
        #expect(!isKnown(2) && !isKnown(1_000_002), "unused for the longest time")
    }
}
