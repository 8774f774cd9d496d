import Logging
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// The size of one user's database, at its bound.
@Suite(.timeLimit(.minutes(5))) struct StorageQuotaTests {
    private func room(
        _ server: TestServer, maxBytes: Int64, time: any TimeSource = ManualTimeSource()
    ) -> StorageQuota {
        var limits = UserLimits()
        limits.maxDatabaseBytes = maxBytes
        let storage = StorageGuard(
            limits: StorageLimits(), dataDirectory: server.folder, sizes: FleetSizes(), time: time)
        return StorageQuota(
            manager: server.manager, limits: limits, storage: storage, time: time, logger: Logger(label: "test"))
    }

    private func isFull(_ room: StorageQuota, _ userID: UserID) async throws -> Bool {
        do {
            try await room.require(for: userID)
            return false
        } catch let problem as Problem {
            #expect(problem.code == "database_full")
            return true
        }
    }

    @Test func nothingIsStoredFromTheBoundOn() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let config = try #require(try await server.manager.loadUserDatabaseConfig(userID))
            let size = try #require(await server.manager.statistics(of: config).sizeBytes)
            #expect(try await !isFull(room(server, maxBytes: size + 1), userID))
            #expect(try await isFull(room(server, maxBytes: size), userID))
        }
    }

    /// A database that is gone has no size: whoever measures it anew finds room.
    @Test(arguments: TestPlace.all) func aMeasuredSizeCountsForAWhile(place: TestPlace) async throws {
        let age: Duration = place.server == nil ? .seconds(1) : .seconds(300)
        try await TestServer.withServer(on: [place]) { server in
            let (_, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let time = ManualTimeSource()
            let room = room(server, maxBytes: 1, time: time)
            #expect(try await isFull(room, userID))
            var location = try await server.manager.unsafeLocation(of: userID)
            location.provisioningLogin = place.server?.location.login
            for _ in 1...3 { await server.manager.evictOldest() }
            try await place.engine.dropDatabase(at: location)
            time.advance(by: age - .milliseconds(1))
            #expect(try await isFull(room, userID))
            time.advance(by: .milliseconds(1))
            #expect(try await !isFull(room, userID))
        }
    }
}
