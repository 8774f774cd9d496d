import Foundation
import Logging
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// What users and administrators do to accounts over HTTP is in the audit log: once, under the name of who did it, and
/// nothing that did not happen. What commands do is tested by `AuditTests`.
@Suite(.timeLimit(.minutes(5))) struct AuditActionTests {
    private struct Cast {
        let server: TestServer
        let root: TestClient
        let rootID: Int
        let ada: TestClient
        let adaID: Int
        let console: PageClient

        func signIn(_ password: String = TestClient.password, code: String? = nil) async throws -> TestClient {
            var body = ["username": "ada", "password": password]
            body["code"] = code
            let answer = try await server.client.post("/api/login", body)
            return server.client.with(token: try #require(answer.json["token"] as? String))
        }

        /// What an administrator does on the page about ada.
        func onPage(_ action: String, _ statuses: [Int] = [200, 303]) async throws {
            let answer = try await console.post(
                "/admin/console/databases/\(adaID)/\(action)", ["confirm": "ada", "password": TestClient.password])
            #expect(statuses.contains(answer.status), "\(action): \(answer.html)")
        }

        /// The entries behind one, oldest first, as `action by actor of user`.
        func entries(after id: Int64) async throws -> (told: [String], last: Int64) {
            await server.accounts.flushJournal(isLast: true, logger: Logger(label: "test"))
            let new = try await server.accounts.main.withDatabase(.read) {
                try await AuditLog($0).list(before: nil, limit: 50)
            }.filter { $0.id > id }
            let told = new.reversed().map { entry in
                let (actor, user) = (entry.actor?.rawValue, entry.userID?.rawValue)
                return
                    "\(entry.action) by \(actor.map(String.init) ?? "nobody") of \(user.map(String.init) ?? "nobody")"
            }
            return (told, new.map(\.id).max() ?? id)
        }
    }

    private struct Act {
        let name: String
        let actions: [String]
        let perform: (Cast) async throws -> Void

        init(_ name: String, _ actions: [String], _ perform: @escaping (Cast) async throws -> Void) {
            (self.name, self.actions, self.perform) = (name, actions, perform)
        }
    }

    /// - Parameter isRoot: whether the administrator acts; ada does otherwise.
    private static func check(_ acts: [Act], byRoot isRoot: Bool, _ server: TestServer) async throws {
        let (ada, adaID) = try await server.client.register("ada")
        let (root, rootID) = try await server.makeAdmin()
        let console = PageClient(port: server.client.port)
        try await console.signIn("root")
        let cast = Cast(server: server, root: root, rootID: rootID, ada: ada, adaID: adaID, console: console)
        var last = try await cast.entries(after: 0).last
        for act in acts {
            try await act.perform(cast)
            let (told, newest) = try await cast.entries(after: last)
            last = newest
            // Sign-ins on the way are none of the act's.
            let own = told.filter { !$0.hasPrefix("sign_in.ok") || act.actions.contains("sign_in.ok") }
            #expect(own == act.actions.map { "\($0) by \(isRoot ? rootID : adaID) of \(adaID)" }, "\(act.name)")
        }
    }

    @Test func whatAdministratorsDo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            try await Self.check(Self.ofAdministrators, byRoot: true, server)
        }
    }

    private static var ofAdministrators: [Act] {
        [
            Act("sign her out", ["session.all_ended"]) { try await $0.onPage("sign-out") },
            Act("sign her out again", []) { try await $0.onPage("sign-out") },
            Act("suspend", ["user.suspend"]) { try await $0.onPage("suspend") },
            Act("suspend again", []) { try await $0.onPage("suspend") },
            Act("let in again", ["user.resume"]) { try await $0.onPage("resume") },
            Act("let in twice", []) { try await $0.onPage("resume") },
            Act("make an administrator", ["user.set_admin"]) { try await $0.onPage("make-admin") },
            Act("make one twice", []) { try await $0.onPage("make-admin") },
            Act("take the right", ["user.set_admin"]) { try await $0.onPage("take-admin") },
            Act("take it twice", []) { try await $0.onPage("take-admin") },
            Act("delete", ["user.delete"]) { try await $0.onPage("delete") },
            Act("restore", ["user.restore"]) { try await $0.onPage("restore") },
            Act("another's name as confirmation", []) { cast in
                let answer = try await cast.console.post(
                    "/admin/console/databases/\(cast.adaID)/suspend", ["confirm": "root"])
                #expect(answer.status == 422)
            },
            Act("a link", ["password_link.create"]) { try await $0.onPage("password-link") },
            Act("a link by the interface", ["password_link.create"]) { cast in
                let answer = try await cast.root.send("POST", "/admin/users/\(cast.adaID)/password-reset")
                #expect(answer.status == 201)
            },
            Act("a database that is there", []) { cast in
                let path = "/admin/user/\(cast.adaID)/database/initialize"
                let answer = try await cast.root.post(path, [String: String]())
                #expect(answer.status == 200)
            },
            Act("read data", [AccessRecord.action, "data.access"]) { cast in
                let answer = try await cast.root.post("/admin/user/\(cast.adaID)/access", ["reason": "Ticket 4711"])
                #expect(answer.status == 201)
            },
            Act("read data without a reason", []) { cast in
                let answer = try await cast.root.post("/admin/user/\(cast.adaID)/access", ["reason": "."])
                #expect(answer.status == 422)
            },
            Act("another name and address", ["user.rename", "user.set_email"]) { cast in
                let new = ["username": "lovelace", "email": "l@example.org"]
                let answer = try await cast.root.send("PATCH", "/admin/users/\(cast.adaID)", json: new)
                #expect(answer.status == 200)
            },
            Act("the same name and address", []) { cast in
                let same = ["username": "lovelace", "email": "l@example.org"]
                let answer = try await cast.root.send("PATCH", "/admin/users/\(cast.adaID)", json: same)
                #expect(answer.status == 200)
            },
        ]
    }

    @Test func whatUsersDo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            try await Self.check(Self.ofUsers, byRoot: false, server)
        }
    }

    private static let newPassword = "kestrel herons marsh"

    private static func change(_ cast: Cast, _ field: String, _ value: String, _ status: Int) async throws {
        let new = [field: value, "password": TestClient.password]
        let answer = try await cast.ada.send("PUT", "/api/me/\(field)", json: new)
        #expect(answer.status == status, "\(answer.text)")
    }

    private static var ofUsers: [Act] {
        [
            Act("sign in", ["sign_in.ok"]) { _ = try await $0.signIn() },
            Act("end a session", ["session.ended"]) { cast in
                let sessions = try await cast.ada.get("/api/me/sessions").items
                let other = sessions.first { $0["is_current"] as? Bool == false }
                let id = try #require(other?["id"] as? Int)
                #expect(try await cast.ada.send("DELETE", "/api/me/sessions/\(id)").status == 204)
            },
            Act("end the others where there are none", []) { cast in
                let answer = try await cast.ada.send("DELETE", "/api/me/sessions")
                #expect(answer.status == 204)
            },
            Act("end the others", ["session.others_ended"]) { cast in
                _ = try await cast.signIn()
                #expect(try await cast.ada.send("DELETE", "/api/me/sessions").status == 204)
            },
            Act("another address", ["user.set_email"]) { try await change($0, "email", "l@example.org", 200) },
            Act("the same address", []) { try await change($0, "email", "l@example.org", 200) },
            Act("an address that is none", []) { try await change($0, "email", "nowhere", 422) },
            Act("the same name", []) { try await change($0, "username", "ada", 200) },
            Act("a name that is taken", []) { try await change($0, "username", "root", 409) },
            Act("codes", ["second_factor.on", "second_factor.off"]) { cast in
                let begun = try await cast.ada.post("/api/me/totp", ["password": TestClient.password])
                let secret = SecondFactorTests.decode(try #require(begun.json["secret"] as? String))
                let app = OneTimePassword(secret: secret)
                let step = OneTimePassword.step(at: SystemTimeSource().wallNow)
                let on = try await cast.ada.post("/api/me/totp/confirm", ["code": app.code(counter: step - 1)])
                #expect(on.status == 200)
                let both = ["password": TestClient.password, "code": app.code(counter: step)]
                #expect(try await cast.ada.send("DELETE", "/api/me/totp", json: both).status == 204)
            },
            Act("another password", ["user.password"]) { cast in
                let change = ["current_password": TestClient.password, "new_password": newPassword]
                let answer = try await cast.ada.send("PUT", "/api/me/password", json: change)
                #expect(answer.status == 204)
            },
            Act("delete the account", ["user.delete"]) { cast in
                let answer = try await cast.ada.send("DELETE", "/api/me", json: ["password": newPassword])
                #expect(answer.status == 202)
            },
        ]
    }
}
