import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Browsers share cookies between all ports of a host: two installations there must not take each other's.
@Suite(.timeLimit(.minutes(2))) struct CookieNameTests {
    /// Makes a server set every cookie that it knows.
    /// - Returns: the browser that has them, signed in as ada, with something to undo.
    private func browser(of server: TestServer) async throws -> PageClient {
        let (ada, id) = try await server.client.register("ada")
        let (root, _) = try await server.makeAdmin()
        let browser = PageClient(port: server.client.port)
        let link = try await root.send("POST", "/admin/users/\(id)/password-reset")
        let url = try #require(link.json["link"] as? String)
        _ = try await browser.get("/new-password?\(try #require(url.split(separator: "?").last))")
        let code = try await secondFactor(of: ada)
        let login: KeyValuePairs = ["username": "ada", "password": TestClient.password]
        #expect(try await browser.post("/sign-in", login).location?.hasPrefix("/sign-in/code") == true)
        // The cookie of the sign-in goes with its code.
        let pending = browser.cookies
        #expect(try await browser.post("/sign-in/code", ["code": code]).status == 303)
        for (name, value) in pending { browser.setCookie(name, value) }
        _ = try await browser.post("/tasks", ["title": "kept"])
        let page = try await browser.get("/tasks")
        #expect(page.status == 200)
        let task = try #require(page.html.firstMatch(of: #/id="task-(\d+)"/#)).1
        #expect(try await browser.post("/tasks/\(task)/delete").location == "/tasks?notice=deleted")
        return browser
    }

    /// Switches it on.
    /// - Returns: a code that is good once.
    private func secondFactor(of user: TestClient) async throws -> String {
        let begun = try await user.post("/api/me/totp", ["password": TestClient.password])
        let secret = SecondFactorTests.decode(try #require(begun.json["secret"] as? String))
        let (app, step) = (OneTimePassword(secret: secret), OneTimePassword.step(at: SystemTimeSource().wallNow))
        let confirmed = try await user.post("/api/me/totp/confirm", ["code": app.code(counter: step - 1)])
        #expect(confirmed.status == 200, "\(confirmed.text)")
        return app.code(counter: step)
    }

    @Test func twoInstallationsOfOneHostKeepTheirCookiesApart() async throws {
        try await TestServer.withServer(on: [.sqlite]) { one in
            try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_COOKIE_NAME": "app"]) { other in
                let first = try await browser(of: one)
                let second = try await browser(of: other)
                #expect(Set(first.cookies.keys) == ["unify_session", "unify_pending", "unify_link", "unify_undo"])
                #expect(Set(second.cookies.keys) == ["app", "app_pending", "app_link", "app_undo"])
                for (name, value) in first.cookies { second.setCookie(name, value) }
                for (name, value) in second.cookies { first.setCookie(name, value) }
                for browser in [first, second] {
                    let page = try await browser.get("/tasks?notice=deleted").html
                    #expect(page.contains(">Undo<"), "signed in, with its own deletion to undo")
                    #expect(try await browser.get("/new-password").status == 200, "its own link")
                    let key = try #require(page.firstMatch(of: #/name="key" value="([^"]+)"/#)).1
                    #expect(try await browser.post("/undo", ["key": String(key)]).location == "/tasks?notice=restored")
                }
                #expect(try await first.post("/sign-out").status == 303)
                #expect(try await second.get("/tasks").status == 200)
            }
        }
    }

    /// Whichever two names settings may give, no cookie of the one is called as one of the other.
    @Test func noTwoNamesShareACookie() {
        let ends = [""] + TokenCookie.companionEnds
        let words = ["unify_session", "unify", "unify_zone", "app", "app_", "_", "_undo", "unify_", "a-b", "APP"]
        let names = Set(words.flatMap { word in ends.map { word + $0 } } + words.map { $0 + "_undo_link" })
            .filter(TokenCookie.isName)
        #expect(names.isSuperset(of: ["unify_session", "app", "app_", "_", "unify_", "a-b", "APP"]))
        var owners = [PageTime.cookieName: "all"]
        for name in names {
            for cookie in [name] + TokenCookie.companionEnds.map({ TokenCookie.companion($0, of: name) }) {
                #expect(owners.updateValue(name, forKey: cookie) == nil, "\(cookie) is one of \(name), too")
            }
        }
    }
}
