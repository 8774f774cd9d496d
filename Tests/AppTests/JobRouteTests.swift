import Foundation
import Testing
import UnifyTesting

@testable import Tenancy

/// An administrator's routes to jobs.
@Suite(.timeLimit(.minutes(5))) struct JobRouteTests {
    /// Adds a job that nobody has begun.
    private func begin(_ request: JobRequest, _ server: TestServer) async throws -> Int {
        Int(try await server.manager.jobs.begin(request).id)
    }

    private func job(_ id: Int, _ client: TestClient) async throws -> [String: Any] {
        try await client.get("/admin/jobs/\(id)").json
    }

    @Test func jobsAreListedAndShown() async throws {
        try await TestServer.withServer { server in
            _ = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let list = try await root.get("/admin/jobs?kind=register").items
            #expect(list.count == 2, "the newest first")
            let first = try #require(list.last)
            for (name, value) in ["kind": "register", "state": "done", "requested_by": "system"] {
                #expect(first[name] as? String == value)
            }
            #expect((first["total"] as? Int, first["done"] as? Int) == (4, 4))
            #expect((first["failed"] as? Int, first["skipped"] as? Int) == (0, 0))
            #expect(first["ended_at"] is String && first["started_at"] is String && first["owner"] is NSNull)
            #expect(first["actions"] as? [String] == [])
            let id = try #require(first["id"] as? Int)
            let shown = try await job(id, root)
            let steps = try #require(shown["steps"] as? [[String: Any]])
            #expect(steps.compactMap { $0["name"] as? String } == ["reserve", "make", "verify", "activate"])
            #expect(try await root.get("/admin/jobs/\(id)/items").items.isEmpty)
            for path in ["/admin/jobs/999", "/admin/jobs/999/items"] {
                let answer = try await root.get(path)
                #expect(answer.status == 404 && answer.code == "job_not_found")
            }
            for path in ["/admin/jobs?state=lost", "/admin/jobs?kind=NO", "/admin/jobs/\(id)/items?state=lost"] {
                #expect(try await root.get(path).status == 422, "\(path)")
            }
            #expect(try await root.get("/admin/jobs?state=failed").items.isEmpty)
        }
    }

    @Test func jobsArePausedResumedCancelledAndRetried() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let (root, rootID) = try await server.makeAdmin()
            let id = try await begin(JobRequest(.repair, userID: 1), server)
            let waits = try await job(id, root)
            #expect(waits["state"] as? String == "queued")
            #expect(waits["waiting"] as? String == "Waits until a server has room for it.")
            #expect(waits["actions"] as? [String] == ["pause", "cancel"])
            let acts = [
                ("pause", "paused", "Paused by root."), ("resume", "queued", "Waits until a server has room for it."),
                ("cancel", "cancelled", nil), ("retry", "queued", "Waits until a server has room for it."),
            ]
            for (action, state, waiting) in acts {
                let answer = try await root.send("POST", "/admin/jobs/\(id)/\(action)")
                #expect(answer.status == 202, "\(action): \(answer.text)")
                #expect(answer.header("Location") == "/admin/jobs/\(id)")
                let told = try #require(answer.json["job"] as? [String: Any])
                #expect(told["state"] as? String == state, "\(action)")
                #expect(told["waiting"] as? String == waiting, "\(action)")
            }
            let entries = try await root.get("/admin/audit?action=job.").items
            #expect(
                entries.compactMap { $0["action"] as? String } == [
                    "job.retry", "job.cancel", "job.resume", "job.pause",
                ])
            #expect(entries.allSatisfy { $0["actor_id"] as? Int == rootID && $0["actor"] as? String == "root" })
            // What the state or the kind does not allow.
            let refused = try await root.send("POST", "/admin/jobs/\(id)/resume")
            #expect(refused.status == 409 && refused.code == "job_state_conflict")
            #expect(try await root.send("POST", "/admin/jobs/999/pause").status == 404)
            let purge = try await begin(JobRequest(.purge, userID: 1), server)
            let carried = try await root.send("POST", "/admin/jobs/\(purge)/cancel")
            #expect(carried.status == 409 && carried.text.contains("carried through"))
        }
    }

    @Test func itemsAreListedByTheirState() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (root, rootID) = try await server.makeAdmin()
            let job = try await server.manager.jobs.begin(JobRequest(.repair))
            try await server.manager.main.transaction { database in
                let owner = JobOwner.current()
                let date = Timestamp(milliseconds: 1_700_000_000_000)
                let jobs = JobRepository(database)
                let claim = try #require(try await jobs.claim(job, by: owner, date: date))
                let items = JobItemRepository(database)
                _ = try await items.add(
                    (0..<3).map { _ in JobItemRequest(.random(), userID: UserID(Int64(rootID))) }, to: claim, date: date
                )
                let taken = try await items.take(2, wave: 0, of: claim, avoiding: [], date: date) { _ in true }
                try await items.end(taken[0], .failed(because: "It is locked."), of: claim, date: date)
                try await items.end(taken[1], .done, of: claim, date: date)
            }
            let path = "/admin/jobs/\(job.id)/items"
            let first = try await root.get("\(path)?limit=2")
            #expect(first.items.count == 2)
            let cursor = try #require(first.json["next_cursor"] as? String)
            #expect(try await root.get("\(path)?limit=2&cursor=\(cursor)").items.count == 1)
            let failed = try await root.get("\(path)?state=failed").items
            #expect(failed.count == 1 && failed.first?["error"] as? String == "It is locked.")
            let shown = try await root.get("/admin/jobs/\(job.id)").json
            #expect((shown["done"] as? Int, shown["failed"] as? Int) == (1, 1))
        }
    }
}
