import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Who tried to sign in, whether they could, and from where is written down, and its user sees it.
@Suite(.timeLimit(.minutes(10))) struct SecurityEventTests {
    private func flush(_ server: TestServer) async throws {
        try await server.accounts.journal.flush(to: server.manager.main, at: SystemTimeSource().wallNow)
    }

    private func signIn(_ name: String, _ password: String, _ server: TestServer) async throws -> TestClient.Answer {
        try await server.client.send(
            "POST", "/api/login", json: ["username": name, "password": password],
            headers: ["User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"])
    }

    private func audit(_ action: String, _ root: TestClient) async throws -> [[String: Any]] {
        try await root.get("/admin/audit").items.filter { $0["action"] as? String == action }
    }

    @Test func signInsAndFailuresAreAuditedWithNameAndAddress() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            #expect(try await signIn("Ada", "not this one", server).status == 401)
            #expect(try await signIn("somebody-else", "not this one", server).status == 401)
            try await flush(server)
            let failed = try await audit("sign_in.failed", root)
            #expect(failed.count == 2)
            let own = failed.first { $0["user_id"] as? Int == id }
            #expect(own?["detail"] as? String == #"address=127.0.0.1 client="Firefox on Linux" name="ada""#)
            let other = failed.first { $0["user_id"] is NSNull }
            #expect((other?["detail"] as? String)?.hasSuffix(#"name="so… (13 characters)""#) == true)

            let answer = try await signIn("ada", TestClient.password, server)
            #expect(answer.json["failed_tries"] as? Int == 1)
            let entry = try await audit("sign_in.ok", root).first { $0["user_id"] as? Int == id }
            #expect(entry?["actor_id"] as? Int == id)
            #expect(entry?["detail"] as? String == #"address=127.0.0.1 client="Firefox on Linux""#)
            #expect(try await signIn("ada", TestClient.password, server).json["failed_tries"] as? Int == 0)
        }
    }

    @Test func refusalsByTheThrottleAndOfRegistrationsAreAudited() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            for _ in 1...13 { _ = try await signIn("ada", "not this one", server) }
            let taken = ["username": "ada", "email": "other@example.org", "password": TestClient.password]
            #expect(try await server.client.post("/api/register", taken).status == 409)
            try await flush(server)
            #expect(try await audit("sign_in.failed", root).count == 10)
            #expect(try await audit("sign_in.throttled", root).count == 3)
            #expect(try await audit("register.refused", root).count == 1)
        }
    }

    @Test func aUserSeesWhatHappenedToTheirAccountAndNobodyElses() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (root, _) = try await server.makeAdmin()
            #expect(try await signIn("ada", "not this one", server).status == 401)
            try await flush(server)
            #expect(try await signIn("ada", TestClient.password, server).status == 200)
            let change = ["current_password": TestClient.password, "new_password": "another horse"]
            #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
            _ = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let events = try await ada.get("/api/me/security-events").items
            #expect(
                events.map { $0["event"] as? String } == [
                    "data.access", "user.password", "sign_in.ok", "sign_in.failed",
                ])
            #expect(events[2]["address"] as? String == "127.0.0.1")
            #expect(events[2]["client"] as? String == "Firefox on Linux")
            #expect(events[3]["description"] as? String == "A wrong password was tried")
            #expect(try await bob.get("/api/me/security-events").items.isEmpty)
            let first = try await ada.get("/api/me/security-events?limit=1")
            #expect(first.items.count == 1)
            let cursor = try #require(first.json["next_cursor"] as? String)
            let second = try await ada.get("/api/me/security-events?limit=1&cursor=\(cursor)").items
            #expect(second.first?["event"] as? String == "user.password")
            #expect(try await ada.get("/api/me/security-events?limit=0").status == 422)
        }
    }

    @Test func thePagesTellOfFailedTries() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let page = PageClient(port: server.client.port)
            let login: KeyValuePairs = ["username": "ada", "password": TestClient.password, "next": "/notes"]
            #expect(try await page.post("/sign-in", login).location == "/notes")
            #expect(try await signIn("ada", "not this one", server).status == 401)
            try await flush(server)
            #expect(try await page.post("/sign-in", login).location == "/notes?notice=failed-tries")
            #expect(try await page.get("/notes?notice=failed-tries").html.contains("somebody tried to sign in as you"))
            #expect(try await page.post("/sign-in", login).location == "/notes")
            let account = try await page.get("/account").html
            #expect(account.contains("A wrong password was tried"))
            #expect(account.contains("Firefox on Linux, from 127.0.0.1"))
        }
    }

    /// Whoever signs in again and again with their own password does not fill the log either.
    @Test func manySignInsAreCounted() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            for _ in 1...14 { #expect(try await signIn("ada", TestClient.password, server).status == 200) }
            try await flush(server)
            let singly = try await audit("sign_in.ok", root).filter {
                ($0["detail"] as? String)?.contains("Firefox") == true
            }
            #expect(singly.count == 10)
            try await server.accounts.journal.flush(
                to: server.manager.main, at: SystemTimeSource().wallNow, isLast: true)
            let counted = try await audit("sign_in.ok", root).first
            #expect((counted?["detail"] as? String)?.contains("times=4") == true)
            #expect(try await root.get("/admin/console/audit").status != 500)
        }
    }
}
