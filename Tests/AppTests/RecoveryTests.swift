import Foundation
import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// A user who has lost their password sets a new one with a link that an administrator or the operator makes.
@Suite(.timeLimit(.minutes(15))) struct RecoveryTests {
    static let newPassword = "kestrel herons marsh"

    private struct Link {
        let url: String
        var path: String { String(url[(url.range(of: "/new-password")?.lowerBound ?? url.startIndex)...]) }
        var token: String { String(url.split(separator: "=").last ?? "") }
    }

    private static func makeLink(_ server: TestServer, for id: Int, as admin: TestClient? = nil) async throws -> Link {
        if let admin {
            let answer = try await admin.send("POST", "/admin/users/\(id)/password-reset")
            #expect(answer.status == 201, "\(answer.text)")
            return Link(url: try #require(answer.json["link"] as? String))
        }
        let settings = try await SettingsReader(environment: ["UNIFY_DATA_DIR": server.folder], file: nil)
            .read(descriptorLimit: 4096)
        return Link(
            url: try await server.accounts.makePasswordLink(of: try #require(UserID(Int64(id))), settings: settings).url
        )
    }

    private static func reset(
        _ server: TestServer, _ link: Link, _ password: String = newPassword
    ) async throws -> TestClient.Answer {
        try await server.client.post("/api/password-reset", ["token": link.token, "password": password])
    }

    private static func signIn(_ server: TestServer, _ password: String) async throws -> Int {
        try await server.client.post("/api/login", ["username": "ada", "password": password]).status
    }

    @Test func anAdministratorsLinkSetsAPasswordOnceAndEndsAllSessions() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, rootID) = try await server.makeAdmin()
            let link = try await Self.makeLink(server, for: id, as: root)
            // Until it is used, nothing has changed.
            #expect(try await ada.get("/api/me").status == 200)
            #expect(try await Self.signIn(server, TestClient.password) == 200)
            #expect(try await Self.reset(server, link).status == 204)
            #expect(try await ada.get("/api/me").status == 401)
            #expect(try await Self.signIn(server, TestClient.password) == 401)
            let again = try await Self.reset(server, link, "another herons marsh")
            #expect(again.status == 403 && again.code == "link_invalid")
            let login = try await server.client.post(
                "/api/login", ["username": "ada", "password": Self.newPassword])
            #expect(login.status == 200)
            let events = try await server.client.with(token: login.json["token"] as? String)
                .get("/api/me/security-events").items.compactMap { $0["event"] as? String }
            #expect(events.contains("password_link.create") && events.contains("password_link.use"))
            let made = try await root.get("/admin/audit").items.first {
                $0["action"] as? String == "password_link.create"
            }
            #expect(made?["actor_id"] as? Int == rootID && made?["user_id"] as? Int == id)
            #expect(try await root.get("/admin/audit").text.contains(link.token) == false)
        }
    }

    @Test func thePageWorksWithoutAScriptAndKeepsTheTokenOutOfAddresses() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let link = try await Self.makeLink(server, for: id)
            #expect(link.url.hasPrefix("http://127.0.0.1:5000/new-password?link="))
            let browser = PageClient(port: server.client.port)
            let first = try await browser.get(link.path)
            #expect(first.status == 303 && first.location == "/new-password")
            let page = try await browser.get("/new-password")
            #expect(page.status == 200 && page.html.contains("ada"))
            #expect(!page.html.contains(link.token))
            #expect(page.headers["cache-control"] == "no-store")
            #expect(page.headers["referrer-policy"] == "same-origin")
            let weak = try await browser.post("/new-password", ["password": "password1234"])
            #expect(weak.status == 422 && weak.html.contains("too common"))
            let named = try await browser.post("/new-password", ["password": "ada ada ada ada"])
            #expect(named.status == 422)
            let set = try await browser.post("/new-password", ["password": Self.newPassword])
            #expect(set.status == 303 && set.location == "/sign-in?notice=password-set")
            #expect(browser.cookies["unify_link"] == nil)
            let used = try await PageClient(port: server.client.port).get("/new-password?link=\(link.token)")
            #expect(used.status == 303)
            let ended = PageClient(port: server.client.port)
            _ = try await ended.get(link.path)
            #expect(try await ended.get("/new-password").location == "/sign-in?notice=link-ended")
            #expect(try await Self.signIn(server, Self.newPassword) == 200)
            // Another site's form sets nothing.
            ended.origin = "http://evil.example"
            #expect(try await ended.post("/new-password", ["password": Self.newPassword]).status == 403)
        }
    }

    @Test(arguments: ["a newer link", "a new password", "the operator's password", "suspension", "deletion", "an hour"])
    func aLinkEndsWith(cause: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let link = try await Self.makeLink(server, for: id)
            switch cause {
            case "a newer link":
                let newer = try await Self.makeLink(server, for: id)
                #expect(try await Self.reset(server, link).code == "link_invalid")
                #expect(try await Self.reset(server, newer).status == 204)
            case "a new password":
                let change = ["current_password": TestClient.password, "new_password": "meadow lark canyon"]
                #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
            case "the operator's password":
                try await server.accounts.setPassword(Secret("meadow lark canyon"), of: userID)
                #expect(try await ada.get("/api/me").status == 401)
                #expect(try await Self.signIn(server, "meadow lark canyon") == 200)
            case "suspension":
                try await server.accounts.suspend(userID)
                try await server.accounts.resume(userID)
            case "deletion":
                try await server.accounts.delete(userID)
                try await server.accounts.restore(userID)
            default:
                try await server.accounts.main.transaction { database in
                    try await database.execute(
                        "UPDATE Password_Link SET Expires_Date = ?", [.timestamp(server.accounts.time.wallNow)])
                }
            }
            let answer = try await Self.reset(server, link)
            #expect(answer.status == 403 && answer.code == "link_invalid")
            // Nor does its page tell whose link it was.
            let browser = PageClient(port: server.client.port)
            _ = try await browser.get(link.path)
            #expect(try await browser.get("/new-password").location == "/sign-in?notice=link-ended")
        }
    }

    @Test func ofTwoWhoUseALinkAtOnceOneSetsThePassword() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let link = try await Self.makeLink(server, for: id)
            async let one = Self.reset(server, link, "meadow lark canyon").status
            async let two = Self.reset(server, link, "kestrel herons marsh").status
            #expect(try await [one, two].sorted() == [204, 403])
        }
    }

    @Test func anAdministratorsPasswordIsResetByTheOperatorAlone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (root, _) = try await server.makeAdmin()
            let (_, other) = try await server.makeAdmin("other")
            let answer = try await root.send("POST", "/admin/users/\(other)/password-reset")
            #expect(answer.status == 403 && answer.code == "administrators_password")
            #expect(try await Self.reset(server, try await Self.makeLink(server, for: other)).status == 204)
            // One that was made before its user became an administrator has ended.
            let (_, ada) = try await server.client.register("ada")
            let link = try await Self.makeLink(server, for: ada, as: root)
            try await server.accounts.setAdmin(true, try #require(UserID(Int64(ada))))
            #expect(try await Self.reset(server, link).code == "link_invalid")
        }
    }

    @Test func aLinkIsMadeForActiveUsersAlone() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let (root, _) = try await server.makeAdmin()
            try await server.accounts.suspend(userID)
            let suspended = try await root.send("POST", "/admin/users/\(id)/password-reset")
            #expect(suspended.status == 409 && suspended.text.contains("unify user resume \(id)"))
            try await server.accounts.delete(userID)
            let deleted = try await root.send("POST", "/admin/users/\(id)/password-reset")
            #expect(deleted.status == 409 && deleted.text.contains("unify user restore \(id)"))
            #expect(try await root.send("POST", "/admin/users/999/password-reset").status == 404)
        }
    }

    @Test func theOperatorsPasswordKeepsTheRules() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            for weak in ["short", "password1234", "ada ada ada ada"] {
                await #expect(throws: TenancyError.self) {
                    try await server.accounts.setPassword(Secret(weak), of: userID)
                }
            }
            #expect(try await ada.get("/api/me").status == 200)
        }
    }

    /// In a debug build a cookie's value that is none ended the server; in others it set the cookie's attributes.
    @Test(arguments: [
        "x;Domain=example.org", "x%0D%0ASet-Cookie:a=b", "x", "x%20y", "%22x%22", "x,y", "access.x",
        String(repeating: "a", count: 42), String(repeating: "a", count: 44), String(repeating: "%3B", count: 43),
        String(repeating: "a", count: 101), "\(SessionToken.random().text)&link=\(SessionToken.random().text)",
    ])
    func anAddressWritesNoCookie(text: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let browser = PageClient(port: server.client.port)
            let answer = try await browser.get("/new-password?link=\(text)")
            #expect([303, 422].contains(answer.status))
            #expect(browser.cookies["unify_link"] == nil)
            #expect(answer.headers["set-cookie"]?.contains("example.org") != true)
            #expect(try await server.client.get("/healthz").status == 200)
            let token = text.removingPercentEncoding ?? text
            let body = ["token": token, "password": Self.newPassword]
            #expect(try await server.client.post("/api/password-reset", body).status == 422)
        }
    }

    /// The user becomes an administrator after the link was asked for and before it is written.
    @Test func whoBecomesAnAdministratorMeanwhileGetsNoLinkFromAnother() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let ada = try #require(UserID(Int64(id)))
            let root = try #require(UserID(Int64(try await server.makeAdmin().id)))
            let settings = try await SettingsReader(environment: ["UNIFY_DATA_DIR": server.folder], file: nil)
                .read(descriptorLimit: 4096)
            let link = try await server.accounts.main.transaction { database in
                _ = try await UserRepository(database).setAdmin(true, of: ada)
                // Somebody else's request: a task of this one would ask for a lease within its own.
                let link = Task.detached {
                    try await server.accounts.makePasswordLink(of: ada, byAdministrator: root, settings: settings)
                }
                // It has read whatever it reads before it waits for this transaction.
                try await eventually("it waits") { server.accounts.main.waitingTransactions > 0 }
                return link
            }
            let problem = await #expect(throws: Problem.self) { try await link.value }
            #expect(problem?.code == "administrators_password")
        }
    }

    @Test func guessesAtPasswordsLeaveRecoveryOpen() async throws {
        let throttle = SignInThrottle(time: ManualTimeSource())
        var isFull = false
        for number in 0..<5000 where !isFull {
            do {
                try await throttle.counting(.stranger(account: "\(number)", network: "\(number)")) {
                    throw Problem.invalidCredentials
                }
            } catch let problem as Problem {
                isFull = problem.code == Problem.tooManyTries(retryAfter: 1).code
            }
        }
        #expect(isFull)
        try await throttle.counting(.link(network: "192.0.2.1")) {}
    }

    @Test func wrongLinksAreSlowedDown() async throws {
        let throttle = SignInThrottle(time: ManualTimeSource())
        func guess() async throws {
            try await throttle.counting(.link(network: "192.0.2.1")) { throw Problem.linkInvalid }
        }
        for _ in 0..<300 {
            let problem = await #expect(throws: Problem.self) { try await guess() }
            #expect(problem?.code == "link_invalid")
        }
        let problem = await #expect(throws: Problem.self) { try await guess() }
        #expect(problem?.code == "too_many_tries")
    }

    @Test func theConsoleShowsALinkOnceAndSignsOutEverywhere() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            _ = try await server.makeAdmin()
            let console = PageClient(port: server.client.port)
            try await console.signIn("root")
            let path = "/admin/console/databases/\(id)"
            #expect(try await console.get(path).html.contains("Make a link for a new password"))
            #expect(try await console.post("\(path)/password-link", ["confirm": "eve"]).status == 422)
            let page = try await console.post("\(path)/password-link", ["confirm": "ada"])
            #expect(page.status == 200)
            let url = try #require(page.html.firstMatch(of: #/<code>([^<]*new-password[^<]*)</code>/#)?.1)
            #expect(page.html.contains("UNIFY_PUBLIC_URL"))
            let link = Link(url: String(url).replacing("&#x3D;", with: "=").replacing("&#61;", with: "="))
            #expect(try await ada.get("/api/me").status == 200)
            #expect(try await console.post("\(path)/sign-out", ["confirm": "ada"]).status == 303)
            #expect(try await ada.get("/api/me").status == 401)
            #expect(try await Self.reset(server, link).status == 204)
            #expect(try await console.get("/admin/console/databases/2").html.contains("password-link") == false)
        }
    }
}
