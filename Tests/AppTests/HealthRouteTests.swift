import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// A broken database shows wherever an operator or its user looks.
@Suite(.timeLimit(.minutes(5))) struct HealthRouteTests {
    private func file(of id: Int, on server: TestServer) -> String {
        "\(server.folder)/\(UserDatabaseFiles.relativePath(of: UserID(Int64(id)) ?? 1))"
    }

    private func root(_ server: TestServer) async throws -> (client: TestClient, pages: PageClient) {
        let (client, _) = try await server.makeAdmin()
        let pages = PageClient(port: server.client.port)
        try await pages.signIn("root")
        return (client, pages)
    }

    private func closeAll(_ server: TestServer) async {
        for _ in 0..<10 { await server.manager.evictOldest() }
    }

    @Test func aDatabaseThatIsGoneShowsEverywhereAndIsMendedInTheConsole() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let (client, pages) = try await root(server)
            #expect(try await pages.get("/admin/console").html.contains("All databases and servers are well."))
            await closeAll(server)
            try FileManager.default.removeItem(atPath: file(of: id, on: server))
            let refused = try await ada.get("/api/tasks")
            #expect(refused.status == 503)
            #expect(refused.code == "database_missing")
            #expect(!refused.text.contains("operator was told"))

            let ready = try await server.client.get("/readyz")
            #expect(ready.status == 200)
            #expect(ready.json["status"] as? String == "degraded")
            #expect(ready.json["reasons"] as? [String] == ["unhealthy_databases"])
            #expect(ready.json["unhealthy_databases"] as? Int == 1)
            let user = try await client.get("/admin/users?q=ada").items.first
            #expect(user?["health"] as? String == "unhealthy")
            #expect(user?["health_reason"] as? String == "database_missing")
            #expect(user?["health_since"] as? String != nil)

            let overview = try await pages.get("/admin/console").html
            #expect(overview.contains("Needs attention") && overview.contains("ada:"))
            let list = try await pages.get("/admin/console/databases?health=attention").html
            #expect(list.contains(">ada</a>") && !list.contains(">root</a>"))
            #expect(list.contains("1 database needs attention."))
            #expect(try await pages.get("/admin/console/users").html.contains("missing</span>"))
            let page = try await pages.get("/admin/console/databases/\(id)").html
            #expect(page.contains("Needs attention") && page.contains("Start with an empty database"))
            #expect(!page.contains("Exchange the files again"))
            let account = PageClient(port: server.client.port)
            try await account.signIn("ada")
            let own = try await account.get("/account").html
            #expect(own.contains("Your database is not available."))
            #expect(!own.contains("pill good\">active"))

            let path = "/admin/console/databases/\(id)/start-empty"
            #expect(try await pages.post(path, ["confirm": "bob"]).status == 422)
            #expect(try await pages.post(path, ["confirm": "ada"]).status == 303)
            #expect(try await ada.get("/api/tasks").status == 200)
            #expect(try await server.client.get("/readyz").json["status"] as? String == "ok")
            let audit = try await client.get("/admin/audit").items
            let entry = audit.first { $0["action"] as? String == "database.start_empty" }
            #expect(entry?["actor_id"] as? Int != nil)
        }
    }

    @Test func exchangedFilesAreExchangedAgain() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, first) = try await server.client.register("ada")
            let (bob, second) = try await server.client.register("bob")
            _ = try await ada.post("/api/tasks", ["title": "ada's"])
            _ = try await bob.post("/api/tasks", ["title": "bob's"])
            let (_, pages) = try await root(server)
            await closeAll(server)
            let (one, two) = (file(of: first, on: server), file(of: second, on: server))
            try FileManager.default.moveItem(atPath: one, toPath: one + ".x")
            try FileManager.default.moveItem(atPath: two, toPath: one)
            try FileManager.default.moveItem(atPath: one + ".x", toPath: two)
            for user in [ada, bob] { #expect(try await user.get("/api/tasks").code == "wrong_database") }
            #expect(try await server.client.get("/readyz").json["unhealthy_databases"] as? Int == 2)
            let path = "/admin/console/databases/\(second)"
            let page = try await pages.get(path).html
            #expect(page.contains("Exchange the files again"))
            #expect(!page.contains("start-empty"), "it would be refused, and lose what can be had")
            #expect(try await pages.post("\(path)/swap-back", ["confirm": "bob"]).status == 303)
            #expect(try await ada.get("/api/tasks").items.map { $0["title"] as? String } == ["ada's"])
            #expect(try await bob.get("/api/tasks").items.map { $0["title"] as? String } == ["bob's"])
            #expect(try await server.client.get("/readyz").json["status"] as? String == "ok")
        }
    }

    @Test func aFileThatIsNoDatabaseDoesNotOpenInATest() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (client, _) = try await root(server)
            await closeAll(server)
            try Data(repeating: 0x58, count: 9000).write(
                to: URL(fileURLWithPath: file(of: id, on: server)), options: .atomic)
            let report = try await client.send("POST", "/admin/user/\(id)/database/test")
            #expect(report.json["ok"] as? Bool == false)
            let checks = report.json["checks"] as? [[String: Any]] ?? []
            #expect(checks.filter { $0["ok"] as? Bool == false }.map { $0["name"] as? String } == ["connection"])
        }
    }

    /// Whoever registers has chosen no server.
    @Test func withoutAServerOfTheDefaultEngineNobodyRegistersAndOnlyOperatorsReadWhy() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["UNIFY_DEFAULT_ENGINE": "postgresql"])
        defer { process.killHard() }
        let refused = try await client.post(
            "/api/register", ["username": "ada", "email": "ada@example.org", "password": TestClient.password])
        #expect(refused.status == 503)
        #expect(refused.code == "no_place_for_accounts")
        #expect(refused.header("Retry-After") != nil)
        #expect(!refused.text.contains("server add"))
        let form = try await PageClient(port: client.port).post(
            "/sign-up", ["username": "ada", "email": "ada@example.org", "password": TestClient.password])
        #expect(form.status == 503)
        #expect(form.html.contains("cannot be set up right now"))
        let ready = try await client.get("/readyz")
        #expect(ready.status == 200)
        #expect(ready.json["status"] as? String == "degraded")
        #expect(ready.json["reasons"] as? [String] == ["no_server_for_new_databases"])
        #expect(process.log.contains("nobody can register"))
        // The cause, for the operator alone, beside the id that the client was given: for the API and for the page.
        for id in [refused.header("X-Request-ID"), form.headers["x-request-id"]] {
            let lines = process.log.split(separator: "\n").filter { $0.contains(id ?? "no id") }
            #expect(lines.contains { $0.contains("server that takes new databases") }, "\(process.log)")
        }
        let metrics = try await client.get("/metrics").text
        #expect(metrics.contains("unify_databases_unhealthy{reason=\"database_missing\"} 0"))
        #expect(metrics.contains("unify_servers_unreachable 0"))
    }
}
