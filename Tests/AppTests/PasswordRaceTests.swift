import TenancyTesting
import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// Checking a password takes long enough for the password to change meanwhile. What began with the old one must come to
/// nothing: otherwise an intruder who keeps trying is never locked out by a new password.
@Suite(.tags(.proof), .timeLimit(.minutes(10))) struct PasswordRaceTests {
    private static let newPassword = "kestrel herons marsh"
    private static let client = Client(address: IPAddress("127.0.0.1"), userAgent: nil)

    private static func user(_ id: Int) throws -> UserID { try #require(UserID(Int64(id))) }

    private static func signIn(_ server: TestServer, _ password: String) async throws -> Int {
        try await server.client.post("/api/login", ["username": "ada", "password": password]).status
    }

    private static func expectOnlyNewPassword(_ server: TestServer) async throws {
        #expect(try await signIn(server, TestClient.password) == 401)
        #expect(try await signIn(server, newPassword) == 200)
    }

    private static func checked(_ server: TestServer) async throws -> CheckedPassword {
        try await server.accounts.authenticate(
            SignInName("ada"), password: Secret(TestClient.password), client: client, in: .init(.known))
    }

    private static func session(_ server: TestServer, _ ada: TestClient) async throws -> SignedInSession {
        let token = SessionToken(text: try #require(ada.token))
        return try #require(try await server.accounts.session(of: token))
    }

    private static func refused(_ code: String, _ body: () async throws -> Void) async {
        let problem = await #expect(throws: Problem.self) { try await body() }
        #expect(problem?.code == code)
    }

    @Test func aSignInThatBeganWithTheOldPasswordGetsNoSession() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("ada")
            let checked = try await Self.checked(server)
            try await server.accounts.setPassword(Secret(Self.newPassword), of: try Self.user(id))
            await Self.refused("invalid_credentials") {
                _ = try await server.accounts.begin(checked.user, .password(checked), .none, Self.client)
            }
            await Self.refused("invalid_credentials") { _ = try await server.accounts.holdSignIn(checked, Self.client) }
            #expect(try await server.accounts.sessions(of: checked.user).isEmpty)
            try await Self.expectOnlyNewPassword(server)
        }
    }

    @Test func anIntrudersChangeDoesNotReplaceANewPassword() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let session = try await Self.session(server, ada)
            let checked = try await Self.checked(server)
            try await server.accounts.setPassword(Secret(Self.newPassword), of: try Self.user(id))
            await Self.refused("invalid_credentials") {
                try await server.accounts.changePassword(
                    of: session, from: checked, to: Secret(TestClient.password), client: Self.client)
            }
            try await Self.expectOnlyNewPassword(server)
        }
    }

    /// The intruder may have the owner's own session, which the owner's new password leaves.
    @Test func oneSessionsSecondChangeNeedsTheNewPassword() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let session = try await Self.session(server, ada)
            let checked = try await Self.checked(server)
            let change = ["current_password": TestClient.password, "new_password": Self.newPassword]
            #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
            await Self.refused("invalid_credentials") {
                try await server.accounts.changePassword(
                    of: session, from: checked, to: Secret(TestClient.password), client: Self.client)
            }
            try await Self.expectOnlyNewPassword(server)
        }
    }

    @Test func anEndedSessionChangesNothingMore() async throws {
        try await TestServer.withServer { server in
            let (ada, _) = try await server.client.register("ada")
            let begun = try await ada.post("/api/me/totp", ["password": TestClient.password])
            let secret = SecondFactorTests.decode(try #require(begun.json["secret"] as? String))
            let session = try await Self.session(server, ada)
            let checked = try await Self.checked(server)
            #expect(try await ada.post("/api/logout", [String: String]()).status == 204)
            await Self.refused("not_signed_in") {
                try await server.accounts.changePassword(
                    of: session, from: checked, to: Secret(Self.newPassword), client: Self.client)
            }
            let code = OneTimePassword(secret: secret)
                .code(counter: OneTimePassword.step(at: SystemTimeSource().wallNow))
            await Self.refused("not_signed_in") {
                _ = try await server.accounts.confirmSecondFactor(of: session, code: code, client: Self.client)
            }
            #expect(try await Self.signIn(server, TestClient.password) == 200)
        }
    }

    /// An intruder with a copy of the owner's session begins with the old password, and would lock the owner out by a code.
    @Test func aSecondFactorBegunWithTheOldPasswordIsNotConfirmed() async throws {
        try await TestServer.withServer { server in
            let (ada, _) = try await server.client.register("ada")
            let begun = try await ada.post("/api/me/totp", ["password": TestClient.password])
            let secret = SecondFactorTests.decode(try #require(begun.json["secret"] as? String))
            let change = ["current_password": TestClient.password, "new_password": Self.newPassword]
            #expect(try await ada.send("PUT", "/api/me/password", json: change).status == 204)
            let code = OneTimePassword(secret: secret)
                .code(counter: OneTimePassword.step(at: SystemTimeSource().wallNow))
            let confirmed = try await ada.post("/api/me/totp/confirm", ["code": code])
            #expect(confirmed.status == 409)
            #expect(confirmed.code == "second_factor_off")
            try await Self.expectOnlyNewPassword(server)
        }
    }

    /// Everything else that a user does with their password, begun with the old one.
    @Test func nothingElseRestsOnTheOldPassword() async throws {
        try await TestServer.withServer { server in
            let (ada, id) = try await server.client.register("ada")
            let session = try await Self.session(server, ada)
            let checked = try await Self.checked(server)
            let userID = try Self.user(id)
            // As the owner's own new password does, this leaves the session.
            let new = try await server.accounts.hasher.hash(Secret(Self.newPassword), in: .init(.known))
            try await server.accounts.change(userID) { try await UserRepository($0).setPasswordHash(new, of: userID) }
            let accounts = server.accounts
            await Self.refused("invalid_credentials") {
                try await accounts.delete(by: session, checked, client: Self.client)
            }
            await Self.refused("invalid_credentials") {
                try await accounts.setIdentity(
                    .init(email: "eve@example.net"), by: session, checked, client: Self.client)
            }
            await Self.refused("invalid_credentials") {
                try await accounts.setIdentity(.init(username: "eve"), by: session, checked, client: Self.client)
            }
            await Self.refused("invalid_credentials") {
                _ = try await accounts.beginSecondFactor(of: session, checked, client: Self.client)
            }
            await Self.refused("invalid_credentials") {
                _ = try await accounts.renewRecoveryCodes(of: session, checked, .none, client: Self.client)
            }
            await Self.refused("invalid_credentials") {
                try await accounts.endSecondFactor(of: session, checked, .none, client: Self.client)
            }
            let user = try #require(try await accounts.user(userID))
            #expect(user.isActive)
            #expect([user.username, user.email] == ["ada", "ada@example.org"])
            #expect(try await accounts.secondFactor(of: userID) == nil)
        }
    }

    /// An administrator who keeps asking must not outlast the loss of their rights, by any of what they may do.
    @Test func noActionOfAFormerAdministratorIsCommitted() async throws {
        try await TestServer.withServer { server in
            let (_, id) = try await server.client.register("bob")
            _ = try await server.makeAdmin()
            let (eve, eveNumber) = try await server.makeAdmin("eve")
            let session = try await Self.session(server, eve)
            let (bob, eveID, accounts) = (try Self.user(id), try Self.user(eveNumber), server.accounts)
            try await accounts.setAdmin(false, eveID)
            let settings = try SettingsReader(environment: ["UNIFY_DATA_DIR": server.folder], file: nil)
                .read(descriptorLimit: 4096)
            let actions: [(String, () async throws -> Void)] = [
                ("make-admin of herself", { try await accounts.setAdmin(true, eveID, actor: eveID) }),
                ("make-admin", { try await accounts.setAdmin(true, bob, actor: eveID) }),
                ("suspend", { try await accounts.suspend(bob, actor: eveID) }),
                ("resume", { try await accounts.resume(bob, actor: eveID) }),
                ("delete", { try await accounts.delete(bob, actor: eveID) }),
                ("restore", { try await accounts.restore(bob, actor: eveID) }),
                ("sign-out", { try await accounts.signOutEverywhere(bob, actor: eveID) }),
                ("identity", { try await accounts.setIdentity(.init(username: "x"), of: bob, actor: eveID) }),
                ("second factor", { try await accounts.resetSecondFactor(of: bob, actor: eveID) }),
                ("password", { try await accounts.setPassword(Secret(Self.newPassword), of: bob, actor: eveID) }),
                (
                    "link",
                    {
                        _ = try await accounts.makePasswordLink(
                            of: bob, byAdministrator: eveID, settings: settings)
                    }
                ),
                ("access", { _ = try await accounts.openAccess(to: bob, by: session, reason: "because I may") }),
            ]
            for (name, action) in actions {
                let problem = await #expect(throws: Problem.self, "\(name)") { try await action() }
                #expect(problem?.code == "admin_required", "\(name)")
            }
            #expect(try await accounts.user(eveID)?.isAdmin == false)
            let user = try #require(try await accounts.user(bob))
            #expect(user.isActive && !user.isAdmin && user.username == "bob")
        }
    }

    /// Two administrators take each other's rights again and again, and one of them always stays: neither waits for the
    /// other for ever.
    @Test func administratorsWhoActOnEachOtherDoNotBlock() async throws {
        try await TestServer.withServer { server in
            let (_, first) = try await server.makeAdmin("first")
            let (_, second) = try await server.makeAdmin("second")
            let (one, two, accounts) = (try Self.user(first), try Self.user(second), server.accounts)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for _ in 0..<8 {
                    for (actor, other) in [(one, two), (two, one)] {
                        tasks.addTask {
                            do {
                                try await accounts.setAdmin(false, other, actor: actor)
                                try await accounts.setAdmin(true, other, actor: actor)
                            } catch let problem as Problem {
                                #expect(problem.code == "admin_required")
                            }
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            let admins = try await [one, two].asyncCount { try await accounts.user($0)?.isAdmin == true }
            #expect(admins >= 1)
        }
    }

    /// Each of them replaces the old hash, and one of them is first.
    @Test func signInsAtTheSameTimeSurviveTheReplacementOfAnOldHash() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (_, id) = try await server.client.register("ada")
            let (userID, old) = (try Self.user(id), try PasswordHasherTests.plainHash(TestClient.password))
            try await server.manager.main.transaction {
                try await UserRepository($0).setPasswordHash(old, of: userID)
            }
            try await withThrowingTaskGroup(of: Int.self) { tasks in
                for _ in 0..<4 { tasks.addTask { try await Self.signIn(server, TestClient.password) } }
                for try await status in tasks { #expect(status == 200) }
            }
        }
    }
}

extension Array {
    fileprivate func asyncCount(where isTrue: (Element) async throws -> Bool) async throws -> Int {
        var count = 0
        for element in self where try await isTrue(element) { count += 1 }
        return count
    }
}
