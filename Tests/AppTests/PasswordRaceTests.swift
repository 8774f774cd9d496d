import Testing
import UnifyTesting

@testable import Tenancy
@testable import UnifyApp

/// Checking a password takes long enough for the password to change meanwhile. What began with the old one must come to
/// nothing: otherwise an intruder who keeps trying is never locked out by a new password.
@Suite(.timeLimit(.minutes(10))) struct PasswordRaceTests {
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
            SignInName("ada"), password: Secret(TestClient.password), client: client, in: .known)
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
