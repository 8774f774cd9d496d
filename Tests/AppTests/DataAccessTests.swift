import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@testable import UnifyApp

/// An administrator reads a user's data only with leave that the user is told of.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct DataAccessTests {
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

    /// The audit log covers the row: whoever changes or removes it by other means is found out.
    @Test(arguments: [
        "UPDATE Data_Access SET Reason = 'Ticket 4712'", "UPDATE Data_Access SET Actor_ID = 99",
        "UPDATE Data_Access SET Created_Date = '2001-01-01T00:00:00.000Z'", "DELETE FROM Data_Access",
    ])
    func aRowThatIsChangedOrRemovedIsNoticed(sql: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            #expect(try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"]).status == 201)
            // The control: that it ends sooner is no change.
            let access = try #require(try await ada.get("/api/me/accesses").items.first?["id"] as? Int)
            #expect(try await ada.send("DELETE", "/api/me/accesses/\(access)").status == 204)
            #expect(try await server.manager.verifyAuditLog().firstFault == nil)
            let changes = try await server.manager.main.withDatabase(.write) { try await $0.execute(sql).changes }
            #expect(changes == 1)
            #expect(try await server.manager.verifyAuditLog().firstFault != nil)
        }
    }

    @Test func theTokenIsForReadingRowsAndForNothingElse() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let task = try await ada.post("/api/tasks", ["title": "ada's"]).json["id"] as? Int ?? 0
            let (root, _) = try await server.makeAdmin()
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

    /// The session is the administrator's, who may read and not write, whatever the door lets through.
    @Test(arguments: [true, false])
    func anAccessIsTheAdministratorsAndItsContextRefusesToWrite(multiTenant: Bool) async throws {
        try await TestServer.withServer(on: [.sqlite], multiTenant: multiTenant) { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await ada.post("/api/tasks", ["title": "ada's"])
            let (root, rootID) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let token = SessionToken(text: try #require(opened.json["token"] as? String))
            let session = try #require(try await server.accounts.session(of: token))
            let (actor, owner) = (try #require(UserID(Int64(rootID))), try #require(UserID(Int64(id))))
            #expect(session.context == DatabaseContext(actor: actor, owner: owner, rights: .read))
            #expect(session.user.id == actor && session.user.isAdmin && session.owner.id == owner)
            #expect(!session.mayAdminister(.optional), "it is for reading and nothing else")

            let data: UserData = multiTenant ? .perUser(server.manager) : .shared(server.manager.main)
            try await DatabaseContext.run(session.context) {
                let titles = try await data.withDatabase(.read) { database, userID in
                    try await database.fetchAll(
                        "SELECT Title FROM Tasks WHERE User_ID = ?", [.integer(userID.rawValue)]
                    )
                    .map { try $0.text("Title") }
                }
                #expect(titles == ["ada's"])
                let error = await #expect(throws: TenancyError.self) {
                    try await data.withDatabase(.write) { _, _ in Issue.record("nothing is lent") }
                }
                #expect(error?.code == .readOnlyContext)
                #expect(error.map { Problem($0).code } == "read_only_access")
            }
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

    /// Each of what ends the administrator's session ends what it was given.
    @Test(arguments: ["signing out", "a new password", "suspension", "deletion", "ending the session"])
    func accessEndsWithTheAdministratorsSession(how: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await server.makeAdmin("first")
            let (root, rootID) = try await server.makeAdmin("second")
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            let login = ["username": "second", "password": TestClient.password]
            let again = server.client.with(
                token: try await server.client.post("/api/login", login).json["token"] as? String)
            #expect(try await reader.get("/api/tasks").status == 200)
            #expect(try await ada.get("/api/me/accesses").items.first?["is_open"] as? Bool == true)
            switch how {
            case "signing out": #expect(try await root.send("POST", "/api/logout").status == 204)
            case "a new password":
                let change = ["current_password": TestClient.password, "new_password": "another horse"]
                #expect(try await again.send("PUT", "/api/me/password", json: change).status == 204)
            case "suspension": try await server.accounts.suspend(try #require(UserID(Int64(rootID))))
            case "deletion": try await server.accounts.delete(try #require(UserID(Int64(rootID))))
            default:
                let user = try #require(UserID(Int64(rootID)))
                let sessions = try await server.manager.main.withDatabase(.read) {
                    try await $0.fetchAll(
                        "SELECT Session_ID FROM Session WHERE User_ID = ? ORDER BY Session_ID",
                        [.integer(user.rawValue)]
                    ).map { try $0.integer("Session_ID") }
                }
                let page = PageClient(port: server.client.port)
                try await page.signIn("second")
                #expect(try await page.post("/account/sessions/\(sessions[0])/end").status == 303)
            }
            #expect(try await reader.get("/api/tasks").status == 401)
            #expect(try await ada.get("/api/me/accesses").items.first?["is_open"] as? Bool == false)
        }
    }

    /// An administrator's data is read by nobody else, whichever came first.
    @Test func accessEndsWhenTheUserBecomesAnAdministrator() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            #expect(try await reader.get("/api/tasks").status == 200)
            let userID = try #require(UserID(Int64(id)))
            try await server.accounts.setAdmin(true, userID)
            #expect(try await reader.get("/api/tasks").status == 401)
            #expect(try await ada.get("/api/me/accesses").items.first?["is_open"] as? Bool == false)
            try await server.accounts.setAdmin(false, userID)
            #expect(try await reader.get("/api/tasks").status == 401, "it has ended for good")
        }
    }

    /// Suspending ends the session as well; the state of the account alone is enough.
    @Test func theTokenOfAnAdministratorWhoIsNotActiveReadsNothing() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, rootID) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            #expect(try await reader.get("/api/tasks").status == 200)
            for (isActive, status) in [(false, 401), (true, 200)] {
                try await server.manager.main.transaction {
                    try await UserRepository($0).setActive(isActive, of: try #require(UserID(Int64(rootID))))
                }
                #expect(try await reader.get("/api/tasks").status == status)
            }
        }
    }

    @Test func theUserEndsAnAccess() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (root, _) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            let path = "/api/me/accesses/\(opened.json["access_id"] as? Int ?? 0)"
            for other in [bob, root] { #expect(try await other.send("DELETE", path).status == 404) }
            #expect(try await reader.send("DELETE", path).code == "read_only_access")
            #expect(try await reader.get("/api/tasks").status == 200)
            #expect(try await ada.send("DELETE", path).status == 204)
            #expect(try await reader.get("/api/tasks").status == 401)
            #expect(try await ada.send("DELETE", path).status == 204, "it has ended already")
            let told = try await ada.get("/api/me/accesses").items.first
            #expect(told?["is_open"] as? Bool == false)
            #expect(told?["ended_at"] is String)
            let audit = try await root.get("/admin/audit").items.filter {
                $0["action"] as? String == "data.access_ended"
            }
            #expect(audit.count == 1)
            #expect(try await ada.send("DELETE", "/api/me/accesses/999").status == 404)
        }
    }

    @Test func anotherAdministratorsDataIsNotRead() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (root, own) = try await server.makeAdmin()
            let (_, other) = try await server.makeAdmin("second")
            for id in [own, other] {
                let answer = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
                #expect(answer.status == 403)
                #expect(answer.code == "administrators_data")
            }
        }
    }

    @Test func whoMayNotIsRefusedAndWhatIsMissingIsNamed() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let refused = try await ada.post("/admin/user/\(id)/access", ["reason": "I am curious"])
            #expect(refused.status == 403)
            #expect(refused.code == "admin_required")
            let (root, _) = try await server.makeAdmin()
            for body in [
                [:], ["reason": ""], ["reason": "  "], ["reason": "."], ["reason": "     "], ["reason": "a b"],
                ["reason": "12345 6789"], ["reason": String(repeating: "x", count: 501)],
            ] {
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
