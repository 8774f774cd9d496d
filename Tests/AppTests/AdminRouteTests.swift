import Foundation
import Tenancy
import Testing
import UnifyApp
import UnifyTesting

/// The administrator's routes.
@Suite(.timeLimit(.minutes(15))) struct AdminRouteTests {
    @Test func infoTellsEverythingButThePassword() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let info = try await root.get("/admin/user/\(id)/database/info")
            #expect(info.status == 200)
            #expect(
                Set(info.json.keys) == [
                    "user_id", "engine", "host", "port", "name", "login", "path", "state", "server", "schema_version",
                    "epoch", "size_bytes", "created_at", "health", "health_reason", "health_since",
                ])
            #expect(info.json["health"] as? String == "healthy")
            #expect(info.json["engine"] as? String == server.place.kind.rawValue)
            #expect(info.json["server"] as? String == (server.place.server == nil ? nil : "shared"))
            #expect(info.json["size_bytes"] as? Int ?? 0 > 0)
            let none = try await root.get("/admin/user/999/database/info")
            #expect(none.status == 404)
            #expect(none.code == "user_database_not_found")
        }
    }

    @Test func initializeMakesOnceAndChangesNothingAfterwards() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let again = try await root.post("/admin/user/\(id)/database/initialize", [String: String]())
            #expect(again.status == 200)
            #expect(again.json["created"] as? Bool == false)
            let unknown = try await root.post("/admin/user/999/database/initialize", [String: String]())
            #expect(unknown.status == 404)
            #expect(unknown.code == "user_not_found")
            let engine = try await root.post("/admin/user/\(id)/database/initialize", ["engine": "oracle"])
            #expect(engine.status == 422)
            #expect(engine.errorFields == ["engine"])
        }
    }

    @Test func initializeGivesAUserOfTheSharedTimeADatabase() async throws {
        try await TestServer.withServer(multiTenant: false) { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let made = try await root.send("POST", "/admin/user/\(id)/database/initialize")
            #expect(made.status == 201)
            #expect(made.json["success"] as? Bool == true)
            #expect((made.json["config"] as? [String: Any])?["state"] as? String == "active")
            let host = try await root.post("/admin/user/2/database/initialize", ["host": "db.example.org"])
            #expect(host.status == 422)
            #expect(host.errorFields == ["host"])
            let audit = try await root.get("/admin/audit").items
            let entry = audit.first { $0["action"] as? String == "database.initialize" }
            let place =
                server.place.server == nil ? "sqlite, file users/" : "\(server.place.kind.rawValue), host 127.0.0.1"
            #expect((entry?["detail"] as? String)?.hasPrefix("engine \(place)") == true)
        }
    }

    @Test func testReportsEachCheck() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let good = try await root.send("POST", "/admin/user/\(id)/database/test")
            #expect(good.status == 200)
            #expect(good.json["ok"] as? Bool == true)
            let names = (good.json["checks"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
            #expect(Set(names).isSuperset(of: ["connection", "identity", "tables", "write", "integrity"]))
            guard server.place.server == nil else { return }
            let path = "\(server.folder)/users/0\(id)/user_\(id).db"
            await server.manager.shutDown()
            try Data("garbage".utf8).write(to: URL(fileURLWithPath: path))
            let bad = try await root.send("POST", "/admin/user/\(id)/database/test")
            #expect(bad.status == 200)
            #expect(bad.json["ok"] as? Bool == false)
        }
    }

    @Test func listsAndStatisticsHavePages() async throws {
        try await TestServer.withServer { server in
            for name in ["ada", "bob", "eve"] { _ = try await server.client.register(name) }
            let (root, _) = try await server.makeAdmin()
            let stats = try await root.get("/admin/databases/stats?limit=2")
            #expect(stats.json["total_databases"] as? Int == 4)
            #expect(stats.json["total_size_mb"] as? Double ?? 0 > 0)
            #expect((stats.json["databases"] as? [[String: Any]])?.count == 2)
            let cursor = try #require(stats.json["next_cursor"] as? String)
            let rest = try await root.get("/admin/databases/stats?limit=2&cursor=\(cursor)")
            #expect((rest.json["databases"] as? [[String: Any]])?.compactMap { $0["user_id"] as? Int } == [3, 4])
            #expect(try await root.get("/admin/users?q=ev").items.map { $0["username"] as? String } == ["eve"])
            for list in ["users", "audit", "jobs", "pools", "servers"] {
                let answer = try await root.get("/admin/\(list)")
                #expect(answer.status == 200, "\(list)")
                #expect(answer.json.keys.contains("next_cursor"))
                #expect(try await root.get("/admin/\(list)?limit=x").status == 422)
            }
        }
    }
}
