import Foundation
import Tenancy
import Testing
import UnifyApp
import UnifyTesting

/// An administrator reads a user's data only with leave that the user is told of.
@Suite(.timeLimit(.minutes(15))) struct DataAccessTests {
    @Test func anAdministratorReadsWithAReasonAndTheUserIsTold() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await ada.post("/api/tasks", ["title": "ada's"])
            let (root, rootID) = try await server.makeAdmin()
            _ = try await root.post("/api/tasks", ["title": "root's"])
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            #expect(opened.status == 201)
            #expect(opened.json["user_id"] as? Int == id)
            let token = try #require(opened.json["token"] as? String)
            let ends = try #require(Timestamp(rfc3339: opened.json["expires_at"] as? String ?? ""))
            let left = Double(ends.milliseconds) / 1000 - Date().timeIntervalSince1970
            #expect((60...900).contains(left), "\(left) s")

            let reader = server.client.with(token: token)
            let items = try await reader.get("/api/tasks").json["items"] as? [[String: Any]]
            #expect(items?.compactMap { $0["title"] as? String } == ["ada's"])
            #expect(try await reader.get("/api/me/export").status == 200)

            let told = try await ada.get("/api/me/accesses").json["items"] as? [[String: Any]]
            #expect(told?.count == 1)
            #expect(told?.first?["reason"] as? String == "Ticket 4711")
            #expect(told?.first?["admin_id"] as? Int == rootID)
            #expect(told?.first?["admin_username"] as? String == "root")
            #expect((try await root.get("/api/me/accesses").json["items"] as? [Any])?.isEmpty == true)
            let audit = try await root.get("/admin/audit").json["items"] as? [[String: Any]]
            let entry = audit?.first { $0["action"] as? String == "data.access" }
            #expect(entry?["actor_id"] as? Int == rootID)
            #expect(entry?["user_id"] as? Int == id)
            #expect(entry?["detail"] as? String == "Ticket 4711")
        }
    }

    @Test func theTokenIsForReadingRowsAndForNothingElse() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let task = try await ada.post("/api/tasks", ["title": "ada's"]).json["id"] as? Int ?? 0
            let (root, _) = try await server.makeAdmin()
            // Also where the user is an administrator, the token is not.
            try await server.accounts.setAdmin(true, try #require(UserID(Int64(id))))
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            for (method, path) in [
                ("POST", "/api/tasks"), ("PATCH", "/api/tasks/\(task)"), ("DELETE", "/api/tasks/\(task)"),
                ("POST", "/api/notes"), ("GET", "/api/me"), ("GET", "/api/me/accesses"), ("DELETE", "/api/me"),
                ("PUT", "/api/me/password"), ("POST", "/api/logout"), ("GET", "/admin/users"), ("GET", "/admin/audit"),
                ("POST", "/admin/user/\(id)/access"),
            ] {
                let answer = try await reader.send(method, path)
                #expect(answer.status == 403, "\(method) \(path)")
                #expect(answer.code == "read_only_access", "\(method) \(path)")
            }
            #expect(try await reader.get("/api/tasks/\(task)").json["title"] as? String == "ada's")
            #expect(try await ada.get("/api/tasks/\(task)").status == 200)
        }
    }

    @Test func accessEndsWithTheAdministratorsPower() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            _ = try await server.makeAdmin("first")
            let (second, secondID) = try await server.makeAdmin("second")
            let opened = try await second.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            #expect(try await reader.get("/api/tasks").status == 200)
            try await server.accounts.setAdmin(false, try #require(UserID(Int64(secondID))))
            #expect(try await reader.get("/api/tasks").status == 401)
        }
    }

    @Test func whoMayNotIsRefusedAndWhatIsMissingIsNamed() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let refused = try await ada.post("/admin/user/\(id)/access", ["reason": "I am curious"])
            #expect(refused.status == 403)
            #expect(refused.code == "admin_required")
            let (root, _) = try await server.makeAdmin()
            for body in [[:], ["reason": ""], ["reason": "  "], ["reason": String(repeating: "x", count: 501)]] {
                let answer = try await root.post("/admin/user/\(id)/access", body)
                #expect(answer.status == 422)
                #expect(answer.errorFields == ["reason"])
            }
            let unknown = try await root.post("/admin/user/999/access", ["reason": "Ticket 4711"])
            #expect(unknown.status == 404)
            #expect(unknown.code == "user_not_found")
            #expect(try await server.client.with(token: "access.forged").get("/api/tasks").status == 401)
        }
    }
}
