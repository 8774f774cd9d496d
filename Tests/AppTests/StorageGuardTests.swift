import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// Where there is no room for more: nothing is stored, and everything else goes on.
@Suite(.timeLimit(.minutes(2))) struct StorageGuardTests {
    private let time = ManualTimeSource()

    private func makeGuard(maxTotalBytes: Int64? = nil, reserve: Int64 = 0, sizes: FleetSizes = FleetSizes())
        -> StorageGuard
    {
        var limits = StorageLimits()
        limits.maxTotalBytes = maxTotalBytes
        limits.diskReserveBytes = reserve
        return StorageGuard(limits: limits, dataDirectory: "/tmp", sizes: sizes, time: time)
    }

    @Test func theTotalGrowsByWhatIsKnown() {
        let sizes = FleetSizes()
        let storage = makeGuard(maxTotalBytes: 1000, sizes: sizes)
        #expect(!storage.isFull, "nothing was measured yet")
        #expect(sizes.isDue(now: .zero), "but it will be")
        sizes.set(.init(databases: 1, sizeBytes: 900, measuredAt: time.wallNow), took: .zero, now: .zero)
        #expect(!storage.isFull)
        storage.note(grownBytes: 99)
        #expect(!storage.isFull)
        storage.note(grownBytes: 1)
        #expect(storage.isFull)
        let later = time.wallNow.adding(.seconds(60))
        sizes.set(.init(databases: 1, sizeBytes: 950, measuredAt: later), took: .zero, now: .zero)
        #expect(!storage.isFull, "what was measured counts")
    }

    @Test func theReserveIsATwentiethOfTheDiskAtMost() throws {
        let disk = try #require(FreeDisk.room(at: "/tmp"))
        #expect(FreeDisk.isRoom(for: 0, at: "/tmp", leaving: .max) == (disk.free >= disk.total / 20))
        #expect(!FreeDisk.isRoom(for: disk.total, at: "/tmp", leaving: 1))
        #expect(FreeDisk.isRoom(for: 0, at: "/tmp", leaving: 0))
        #expect(FreeDisk.isRoom(for: 0, at: "/nowhere", leaving: 1))
        #expect(StorageLimits().diskReserveBytes == 512 * 1_048_576)
        #expect(StorageLimits().maxTotalBytes == nil)
    }

    @Test func aFullServerTakesNothingMoreAndGoesOn() async throws {
        // What is measured in the first seconds is more than a byte.
        let change: @Sendable (inout Settings) -> Void = { $0.storageLimits.maxTotalBytes = 1 }
        try await TestServer.withServerInEachMode(on: [.sqlite], configure: change) { server in
            let (ada, _) = try await server.makeAdmin("ada")
            var last: TestClient.Answer?
            try await eventually("the server is full", within: .seconds(30)) {
                last = try await ada.post("/api/tasks", ["title": "x"])
                return last?.status == 507
            }
            #expect(last?.code == "storage_full")
            let new = try await server.client.post(
                "/api/register", ["username": "bob", "email": "bob@example.org", "password": TestClient.password])
            #expect(new.status == 503)
            #expect(new.code == "storage_full")
            let tasks = try await ada.get("/api/tasks").items
            let id = try #require(tasks.first?["id"] as? Int)
            #expect(try await ada.send("DELETE", "/api/tasks/\(id)").status == 204)
            let ready = try await server.client.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json["status"] as? String == "degraded")
            #expect(ready.json["reasons"] as? [String] == ["storage_full"])
        }
    }
}
