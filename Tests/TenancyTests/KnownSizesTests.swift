import Testing

@testable internal import Tenancy

@Suite("KnownSizes")
struct KnownSizesTests {
    private func newConfig(_ userID: UserID) -> UserDatabaseConfig {
        UserDatabaseConfig(
            userID: userID, engine: .postgresql, host: "h", port: nil, name: "n", login: nil, sealedPassword: nil,
            sealedNextPassword: nil, tls: TLSOptions(), path: nil, uuid: .random(), epoch: 1, state: .active,
            serverID: nil, schemaVersion: 1, createdAt: Timestamp(milliseconds: 0))
    }

    @Test func aSizeIsKnownForItsTimeAndForItsDatabase() throws {
        let sizes = KnownSizes()
        let ada = try #require(UserID(1))
        let config = newConfig(ada)
        #expect(sizes.size(of: config) == nil)
        sizes.set(5, of: config, now: .seconds(10))
        #expect(sizes.size(of: config, measuredAfter: .seconds(9)) == 5)
        #expect(sizes.size(of: config, measuredAfter: .seconds(10)) == nil, "it is measured again")
        #expect(sizes.size(of: config) == 5, "unless nothing better is to be had")
        #expect(sizes.size(of: newConfig(ada)) == nil, "another database of the same user")
    }

    @Test func aTotalIsKeptForTenTimesAsLongAsItTook() {
        let sizes = KnownSizes()
        sizes.setTotal(7, started: .seconds(1), now: .seconds(3))
        #expect(sizes.total(now: .seconds(22)) == 7)
        #expect(sizes.total(now: .seconds(23)) == nil)
        sizes.setTotal(8, started: .seconds(30), now: .seconds(30))
        #expect(sizes.total(now: .seconds(30)) == nil, "what takes no time is measured each time")
    }
}
