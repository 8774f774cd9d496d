import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Codes from an app besides the password (RFC 6238).
@Suite(.timeLimit(.minutes(10))) struct SecondFactorTests {
    /// An app that makes codes, with its own clock.
    private struct App {
        let password: OneTimePassword
        /// Stands still, so that a code is the same one also where 30 seconds end in the middle of a test.
        let step = OneTimePassword.step(at: SystemTimeSource().wallNow)

        /// Of so many steps later.
        func code(_ steps: Int64 = 0) -> String { password.code(counter: step + steps) }
    }

    static func decode(_ base32: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, bits, count): ([UInt8], UInt32, Int) = ([], 0, 0)
        for character in base32 {
            bits = bits << 5 | UInt32(alphabet.firstIndex(of: character) ?? 0)
            count += 5
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return bytes
    }

    private static let password = ["password": TestClient.password]

    /// Switches it on with the code of the step before, so that later ones are still good.
    private func switchOn(_ client: TestClient) async throws -> (app: App, recoveryCodes: [String]) {
        let begun = try await client.post("/api/me/totp", Self.password)
        #expect(begun.status == 200)
        let secret = try #require(begun.json["secret"] as? String)
        #expect(secret.count == 32)
        let app = App(password: OneTimePassword(secret: Self.decode(secret)))
        let confirmed = try await client.post("/api/me/totp/confirm", ["code": app.code(-1)])
        #expect(confirmed.status == 200, "\(confirmed.text)")
        return (app, try #require(confirmed.json["recovery_codes"] as? [String]))
    }

    private func signIn(
        _ server: TestServer, _ name: String = "ada", _ password: String = TestClient.password, code: String? = nil
    ) async throws -> TestClient.Answer {
        var body = ["username": name, "password": password]
        body["code"] = code
        return try await server.client.post("/api/login", body)
    }

    @Test func signingInNeedsACodeAndEachIsGoodOnce() async throws {
        try await TestServer.withServer { server in
            let (ada, _) = try await server.client.register("ada")
            let (app, codes) = try await switchOn(ada)
            #expect(codes.count == 10)
            let without = try await signIn(server)
            #expect(without.status == 401)
            #expect(without.code == "second_factor_required")
            // Only who knows the password learns that a code is needed.
            #expect(try await signIn(server, "ada", "not this one").code == "invalid_credentials")
            #expect(try await signIn(server, "ada", "not this one", code: app.code()).code == "invalid_credentials")
            #expect(try await signIn(server, code: "000000").code == "invalid_credentials")
            #expect(
                try await signIn(server, code: app.code(-1)).code == "invalid_credentials", "it was used to switch on")
            #expect(try await signIn(server, code: app.code(-3)).code == "invalid_credentials")
            let code = app.code()
            #expect(try await signIn(server, code: code).status == 200)
            #expect(try await signIn(server, code: code).code == "invalid_credentials", "it was used")
            #expect(try await signIn(server, code: app.code(1)).status == 200)
            #expect(try await ada.get("/api/me/totp").json["enabled"] as? Bool == true)
        }
    }

    /// All have found the code good before any of them uses it up.
    @Test func ofManyWithTheSameCodeOneIsLetIn() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let userID = try #require(UserID(Int64(id)))
            let (app, recoveryCodes) = try await switchOn(ada)
            for code in [app.code(), recoveryCodes[0]] {
                // Sign-ins write down earlier failures first.
                try await server.accounts.journal.flush(to: server.manager.main, at: SystemTimeSource().wallNow)
                let once: @Sendable () async throws -> Int = { try await signIn(server, code: code).status }
                let statuses = try await server.whileAllWait(
                    locking: { try await UserRepository($0).lock(userID) }, Array(repeating: once, count: 4))
                #expect(statuses.sorted() == [200, 401, 401, 401])
            }
        }
    }

    @Test func aRecoveryCodeIsGoodOnceAndNewOnesEndTheOld() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (app, codes) = try await switchOn(ada)
            let (_, others) = try await switchOn(bob)
            #expect(try await signIn(server, code: others[0]).status == 401, "another's")
            #expect(try await signIn(server, code: codes[0].uppercased()).status == 200)
            #expect(try await signIn(server, code: codes[0]).status == 401)
            #expect(try await ada.get("/api/me/totp").json["recovery_codes_left"] as? Int == 9)
            let body = Self.password.merging(["code": app.code()]) { $1 }
            let renewed = try await ada.post("/api/me/totp/recovery-codes", body)
            let new = try #require(renewed.json["recovery_codes"] as? [String])
            #expect(try await signIn(server, code: codes[1]).status == 401)
            #expect(try await signIn(server, code: new[1]).status == 200)
            let events = try await ada.get("/api/me/security-events").items.compactMap { $0["event"] as? String }
            for event in [
                "second_factor.on", "second_factor.recovery_code_used", "second_factor.recovery_codes_renewed",
            ] {
                #expect(events.contains(event))
            }
        }
    }

    @Test func switchingOnNeedsThePasswordAndACodeOfTheSecret() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            #expect(try await ada.post("/api/me/totp/confirm", ["code": "123456"]).code == "second_factor_off")
            #expect(try await ada.post("/api/me/totp", ["password": "not this one"]).code == "invalid_credentials")
            let first = try await ada.post("/api/me/totp", Self.password)
            let url = try #require(first.json["otpauth_url"] as? String)
            #expect(url.hasPrefix("otpauth://totp/Unify:ada?secret=") && url.contains("issuer=Unify"))
            #expect((first.json["qr"] as? String)?.hasPrefix("<svg") == true)
            #expect(try await ada.post("/api/me/totp/confirm", ["code": "000000"]).code == "invalid_code")
            #expect(try await signIn(server).status == 200, "it is not on yet")
            // Begun again, the first secret is good no more.
            let (app, _) = try await switchOn(ada)
            #expect(try await ada.post("/api/me/totp", Self.password).code == "second_factor_on")
            #expect(try await ada.post("/api/me/totp/confirm", ["code": app.code()]).code == "second_factor_on")
            let secret = try #require(first.json["secret"] as? String)
            let old = App(password: OneTimePassword(secret: Self.decode(secret)))
            #expect(try await signIn(server, code: old.code()).status == 401)
        }
    }

    @Test func switchingOffNeedsBoth() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (app, _) = try await switchOn(ada)
            func end(_ body: [String: String]) async throws -> TestClient.Answer {
                try await ada.send("DELETE", "/api/me/totp", json: body)
            }
            #expect(try await end(Self.password).code == "second_factor_required")
            #expect(try await end(["password": "not this one", "code": app.code()]).code == "invalid_credentials")
            #expect(try await end(Self.password.merging(["code": "000000"]) { $1 }).code == "invalid_credentials")
            #expect(try await end(Self.password.merging(["code": app.code()]) { $1 }).status == 204)
            #expect(try await signIn(server).status == 200)
            #expect(try await end(Self.password).code == "second_factor_off")
            let sealed = try await server.manager.main.withDatabase(.read) {
                try await $0.fetchAll("SELECT Name FROM Sealed_Secret").map { try $0.text("Name") }
            }
            #expect(!sealed.contains { $0.hasPrefix("second-factor/") })
        }
    }

    @Test func guessingCodesIsSlowedDown() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            _ = try await switchOn(ada)
            var statuses: [Int] = []
            for number in 0..<14 { statuses.append(try await signIn(server, code: String(100_000 + number)).status) }
            #expect(statuses.contains(429))
            try await server.accounts.journal.flush(to: server.manager.main, at: SystemTimeSource().wallNow)
            let events = try await ada.get("/api/me/security-events").items.compactMap { $0["event"] as? String }
            #expect(events.contains("sign_in.second_factor_failed") && events.contains("sign_in.throttled"))
        }
    }

    @Test func aSecretIsSealedAndGoesWithItsUser() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let begun = try await ada.post("/api/me/totp", Self.password)
            let secret = try #require(begun.json["secret"] as? String)
            let userID = try #require(UserID(Int64(id)))
            func rows() async throws -> [String] {
                try await server.manager.main.withDatabase(.read) {
                    try await $0.fetchAll("SELECT Sealed FROM Sealed_Secret").map { try $0.text("Sealed") }
                }
            }
            let sealed = try await rows()
            #expect(sealed.count == 1)
            #expect(!sealed[0].contains(secret) && sealed[0].hasPrefix("v1."))
            let (old, new) = (server.manager.keyRing.current, RootKey.random())
            let main = server.manager.main
            #expect(try await KeyRotation(main: main, ring: KeyRing(current: new, older: [old])).run().sealed >= 1)
            #expect(try await rows()[0].hasPrefix("v1.\(new.id)."))
            _ = try await KeyRotation(main: main, ring: KeyRing(current: old, older: [new])).run()
            try await server.accounts.delete(userID)
            try await server.manager.purgeUser(userID, deletedBefore: SystemTimeSource().wallNow.adding(.seconds(60)))
            #expect(try await rows().isEmpty)
        }
    }

    /// Somebody who has another session of the user's has their own app's secret confirmed by nobody.
    @Test func aSetUpIsConfirmedInTheSessionThatBeganIt() async throws {
        try await TestServer.withServer { server in
            let (ada, _) = try await server.client.register("ada")
            let token = try #require(try await signIn(server).json["token"] as? String)
            let other = server.client.with(token: token)
            let begun = try await other.post("/api/me/totp", Self.password)
            let app = App(password: OneTimePassword(secret: Self.decode(try #require(begun.json["secret"] as? String))))
            let foreign = try await ada.post("/api/me/totp/confirm", ["code": app.code(-1)])
            #expect(foreign.status == 409)
            #expect(foreign.code == "second_factor_off")
            #expect(try await other.post("/api/me/totp/confirm", ["code": app.code(-1)]).status == 200)
            #expect(try await ada.get("/api/me/totp").json["enabled"] as? Bool == true)
        }
    }

    @Test func anAdministratorEndsALostOne() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            _ = try await switchOn(ada)
            #expect(try await ada.post("/admin/user/\(id)/second-factor/reset", [:] as [String: String]).status == 403)
            #expect(try await root.post("/admin/user/\(id)/second-factor/reset", [:] as [String: String]).status == 204)
            #expect(try await signIn(server).status == 200)
            #expect(try await root.post("/admin/user/999/second-factor/reset", [:] as [String: String]).status == 404)
            let audit = try await root.get("/admin/audit").items.compactMap { $0["action"] as? String }
            #expect(audit.contains("second_factor.reset"))
        }
    }

    @Test func aServerMayDemandItOfAdministrators() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_ADMIN_SECOND_FACTOR": "required"]) {
            server in
            let (root, _) = try await server.makeAdmin()
            let refused = try await root.get("/admin/users")
            #expect(refused.status == 403)
            #expect(refused.code == "second_factor_setup_required")
            let page = PageClient(port: server.client.port)
            try await page.signIn("root")
            #expect(
                try await page.get("/admin/console").location == "/account/second-factor?notice=second-factor-needed")
            _ = try await switchOn(root)
            #expect(try await root.get("/admin/users").status == 200)
            #expect(try await page.get("/admin/console").status == 200, "it is the user that has it, not the session")
        }
    }

    @Test func confirmingNeedsTheCodeToo() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (root, _) = try await server.makeAdmin()
            let (app, _) = try await switchOn(root)
            #expect(try await root.post("/api/me/confirm", Self.password).code == "second_factor_required")
            let body = Self.password.merging(["code": app.code()]) { $1 }
            #expect(try await root.post("/api/me/confirm", body).status == 204)
            #expect(try await root.post("/api/me/confirm", body).code == "invalid_credentials")
        }
    }

    @Test func pagesAskForTheCodeByItself() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let (app, codes) = try await switchOn(ada)
            let page = PageClient(port: server.client.port)
            let login: KeyValuePairs = ["username": "ada", "password": TestClient.password, "next": "/notes"]
            #expect(try await page.post("/sign-in", login).location == "/sign-in/code?next=%2Fnotes")
            #expect(page.cookies["unify_session"] == nil)
            let asked = try await page.get("/sign-in/code?next=%2Fnotes")
            #expect(asked.html.contains("Enter your code") && !asked.html.contains(TestClient.password))
            // In another browser it is good for nothing.
            let other = PageClient(port: server.client.port)
            #expect(
                try await other.post("/sign-in/code", ["code": app.code()]).location?.hasPrefix("/sign-in?") == true)
            let wrong = try await page.post("/sign-in/code", ["code": "000000", "next": "/notes"])
            #expect(wrong.status == 401 && wrong.html.contains("The code is wrong."))
            let pending = try #require(page.cookies["unify_pending"])
            #expect(
                try await page.post("/sign-in/code", ["code": app.code(), "next": "//evil.example"]).location?
                    .hasPrefix("/tasks") == true)
            #expect(page.cookies["unify_session"] != nil && page.cookies["unify_pending"] == nil)
            other.setCookie("unify_pending", pending)
            #expect(
                try await other.post("/sign-in/code", ["code": codes[0]]).location?.hasPrefix("/sign-in?") == true,
                "it is used up")
        }
    }
}
