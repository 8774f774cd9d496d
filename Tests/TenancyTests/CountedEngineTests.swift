import TenancyTesting
import Testing

@testable internal import Tenancy

/// Work outside the pools has shares of its server, one for each connection, as long as it is open.
@Suite("CountedEngine", .timeLimit(.minutes(1)))
struct CountedEngineTests {
    private let engine = FakeServerEngine()
    private let pools = PoolDirectory(
        limits: PoolLimits(poolSize: 2, maxOverflow: 0, maxConnections: 10, waitLimit: .seconds(10)),
        time: ManualTimeSource())
    private var counted: CountedEngine { CountedEngine(engine: engine, pools: pools) }
    private var place: DatabaseLocation {
        var place = DatabaseLocation(engine: .postgresql, host: "db", port: 5432, name: "a")
        place.maxConnections = 2
        return place
    }
    private var openCount: Int { pools.openCount(ofServer: place.serverAddress) }

    @Test func aConnectionCountsUntilItIsClosed() async throws {
        let first = try await counted.connect(to: place, as: .maintenance)
        let second = try await counted.connect(to: place, as: .user, firstQuery: SQLStatement("SELECT 1")).connection
        #expect(openCount == 2)
        #expect(try await counted.integrityProblems(on: first) == ["of a FakeConnection"])
        await first.close()
        await first.close()
        #expect(openCount == 1)
        await second.close()
        #expect(openCount == 0)
        try await counted.withConnection(to: place, as: .maintenance) { _ in #expect(openCount == 1) }
        #expect(openCount == 0)
    }

    @Test func whatFailsGivesItsShareBack() async throws {
        var missing = place
        missing.name = "missing"
        let here = missing
        await #expect(throws: TenancyError.self) { try await counted.connect(to: here, as: .user) }
        await #expect(throws: TenancyError.self) {
            try await counted.connect(to: here, as: .user, firstQuery: SQLStatement("SELECT 1"))
        }
        await #expect(throws: TenancyError.self) { try await counted.dropDatabase(at: here) }
        #expect(openCount == 0)
    }

    /// The look into each that was set aside asks the server itself.
    @Test func removingWhatWasSetAsideHoldsNoShareWhileItAsks() async throws {
        try await counted.dropQuarantined(of: place) { aside in
            #expect(openCount == 0)
            return aside.name == "kept"
        }
        #expect(engine.dropped == ["aside"])
    }

    @Test func withoutAShareNothingIsAsked() async throws {
        await pools.shutDown()
        do {
            try await counted.dropDatabase(at: place)
            Issue.record("It had no share.")
        } catch let error as TenancyError {
            #expect(error.code == .shuttingDown)
            #expect(error.isBeforeAnyEffect)
        }
        #expect(engine.dropped == [])
    }

    @Test func anEmbeddedEngineIsLeftAsItIs() throws {
        let registry = EngineRegistry([engine, FakeServerEngine(kind: .sqlite)]).counted(in: pools)
        #expect(try registry.engine(.postgresql) is CountedEngine)
        #expect(try registry.engine(.sqlite) is FakeServerEngine)
    }
}
