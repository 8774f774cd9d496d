internal import Tenancy
import TenancyTesting
import Testing

@Suite("ServerHealth", .timeLimit(.minutes(1)))
struct ServerHealthTests {
    private let time = ManualTimeSource()
    private let location = DatabaseLocation(engine: .postgresql, host: "db", port: 5432, name: "a")
    private let neighbour = DatabaseLocation(engine: .postgresql, host: "other", port: 5432, name: "b")

    private func attempt(
        _ health: ServerHealth, _ location: DatabaseLocation, failing code: TenancyError.Code? = nil
    ) async -> TenancyError.Code? {
        do {
            try await health.watch(location) {
                if let code { throw TenancyError(code, "planted") }
            }
            return nil
        } catch {
            return (error as? TenancyError)?.code
        }
    }

    @Test func aServerThatFailsAgainAndAgainIsRefusedWithoutAnAttempt() async {
        let health = ServerHealth(time: time)
        for _ in 0..<ServerHealth.failureLimit {
            #expect(await attempt(health, location, failing: .connectionFailed) == .connectionFailed)
        }
        #expect(await attempt(health, location) == .serverUnavailable)
        #expect(health.unavailable == ["postgresql://db:5432"])
        #expect(await attempt(health, neighbour) == nil, "other servers are untouched")
    }

    @Test func fewerFailuresThanTheLimitChangeNothing() async {
        let health = ServerHealth(time: time)
        for _ in 1..<ServerHealth.failureLimit { _ = await attempt(health, location, failing: .connectionFailed) }
        #expect(await attempt(health, location) == nil)
        // The count began anew.
        for _ in 1..<ServerHealth.failureLimit { _ = await attempt(health, location, failing: .connectionFailed) }
        #expect(await attempt(health, location) == nil)
    }

    @Test func oneProbeAtATimeIsLetThroughAndASuccessClosesTheCircuit() async throws {
        let health = ServerHealth(time: time)
        for _ in 0..<ServerHealth.failureLimit { _ = await attempt(health, location, failing: .connectionFailed) }
        time.advance(by: ServerHealth.firstPause)
        let inner = await withCheckedContinuation { continuation in
            Task {
                try await health.watch(location) {
                    let second = await attempt(health, location)
                    continuation.resume(returning: second)
                }
            }
        }
        #expect(inner == .serverUnavailable, "only one probes")
        try await eventually("the server is well") { health.unavailable.isEmpty }
        #expect(await attempt(health, location) == nil)
    }

    @Test(arguments: [TenancyError.Code.loginRefused, .databaseMissing, .overloaded])
    func anAnswerOfAnyKindIsNoFailure(code: TenancyError.Code) async {
        let health = ServerHealth(time: time)
        for _ in 0..<10 { #expect(await attempt(health, location, failing: code) == code) }
        #expect(health.unavailable.isEmpty)
    }

    @Test(arguments: [TenancyError.Code.poolTimeout, .shuttingDown, .cancelled])
    func whatEndedBeforeTheServerWasAskedIsNoAnswer(code: TenancyError.Code) async {
        let health = ServerHealth(time: time)
        for _ in 1..<ServerHealth.failureLimit { _ = await attempt(health, location, failing: .connectionFailed) }
        #expect(await attempt(health, location, failing: code) == code)
        #expect(await attempt(health, location, failing: .connectionFailed) == .connectionFailed)
        #expect(await attempt(health, location) == .serverUnavailable)
    }

    @Test func filesHaveNoServer() async {
        let health = ServerHealth(time: time)
        for _ in 0..<10 { _ = await attempt(health, .file("/x"), failing: .connectionFailed) }
        #expect(await attempt(health, .file("/x")) == nil)
    }

    @Test func probesComeAtGrowingIntervals() async {
        let health = ServerHealth(time: time)
        for _ in 1...3 { #expect(await attempt(health, location, failing: .connectionFailed) == .connectionFailed) }
        for milliseconds in [250, 500, 1000, 2000, 4000, 5000, 5000] {
            time.advance(by: .milliseconds(milliseconds - 1))
            #expect(await attempt(health, location) == .serverUnavailable, "before \(milliseconds) ms")
            time.advance(by: .milliseconds(1))
            let probe = await attempt(health, location, failing: .connectionFailed)
            #expect(probe == .connectionFailed, "after \(milliseconds) ms")
        }
    }
}
