import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// Who may make an account.
@Suite(.timeLimit(.minutes(3))) struct RegistrationPolicyTests {
    private func registration(_ name: String, _ code: String? = nil) -> [String: String] {
        var fields = ["username": name, "email": "\(name)@example.org", "password": TestClient.password]
        fields["invitation"] = code
        return fields
    }

    private func invite(_ server: TestServer, email: String? = nil, expires: Duration = .seconds(3600)) async throws
        -> (id: Int64, code: String)
    {
        let code = InvitationCode.random()
        let date = SystemTimeSource().wallNow
        let id = try await server.manager.main.transaction {
            try await InvitationRepository($0).insert(code, email: email, date: date, expires: date.adding(expires))
        }
        return (id, code)
    }

    @Test func aClosedInstallationTakesNobody() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_REGISTRATION": "closed"]) { server in
            let answer = try await server.client.post("/api/register", registration("ada"))
            #expect(answer.status == 403)
            #expect(answer.code == "registration_closed")
            #expect(try await server.client.get("/sign-up").status == 403)
            for path in ["/", "/sign-in"] {
                #expect(try await !server.client.get(path).text.contains("/sign-up"), "\(path)")
            }
            #expect(try await server.makeAdmin().client.get("/api/me").status == 200, "the operator makes accounts")
        }
    }

    @Test func anInvitationIsGoodForOneAccount() async throws {
        try await TestServer.withServerInEachMode(
            on: TestPlace.all, environment: ["UNIFY_REGISTRATION": "invite"]
        ) { server in
            func code(_ name: String, _ invitation: String?) async throws -> String? {
                let answer = try await server.client.post("/api/register", registration(name, invitation))
                return answer.status == 201 ? nil : answer.status == 403 ? answer.code : answer.text
            }
            #expect(try await code("ada", nil) == "invitation_required")
            #expect(try await code("ada", "made up") == "invitation_invalid")
            let (id, first) = try await invite(server)
            #expect(try await code("ada", first) == nil)
            #expect(try await code("bob", first) == "invitation_invalid")
            let bound = try await invite(server, email: "Bob@example.org").code
            #expect(try await code("eve", bound) == "invitation_invalid")
            #expect(try await code("bob", bound) == nil)
            #expect(try await code("eve", invite(server, expires: .zero).code) == "invitation_invalid")
            let revoked = try await invite(server)
            let date = SystemTimeSource().wallNow
            #expect(
                try await server.manager.main.transaction {
                    try await InvitationRepository($0).delete(revoked.id, date: date)
                })
            #expect(try await code("eve", revoked.code) == "invitation_invalid")
            #expect(
                try await !server.manager.main.transaction {
                    try await InvitationRepository($0).delete(id, date: date)
                }, "one that was used stays in the list")
            // A name that is taken uses nothing up.
            let last = try await invite(server).code
            #expect(try await server.client.post("/api/register", registration("ada", last)).status == 409)
            #expect(try await code("eve", last) == nil)
        }
    }

    @Test func ofTwoAtOnceOneWins() async throws {
        try await TestServer.withServer(environment: ["UNIFY_REGISTRATION": "invite"]) { server in
            let code = try await invite(server).code
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...4 {
                    let fields = registration("user\(number)", code)
                    group.addTask { try await server.client.post("/api/register", fields).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201, 403, 403, 403])
        }
    }

    /// All have found it free before any of them takes it.
    @Test func ofManyWhoTakeAnInvitationAtOnceOneHasIt() async throws {
        try await TestServer.withServer(multiTenant: false) { server in
            let (id, code) = try await invite(server)
            let (main, date) = (server.manager.main, SystemTimeSource().wallNow)
            var takers: [@Sendable () async throws -> String?] = []
            for name in ["ada", "bob", "cyd"] {
                let user = try await server.accounts.create(
                    Accounts.NewUser(
                        username: name, email: "\(name)@example.org", password: Secret(TestClient.password))
                ).user
                takers.append {
                    do {
                        try await main.transaction {
                            try await InvitationRepository($0).take(code, for: user, date: date)
                        }
                        return nil
                    } catch let problem as Problem {
                        return problem.code
                    }
                }
            }
            let refusals = try await server.whileAllWait(
                locking: {
                    let sql = "UPDATE Invitation SET Expires_Date = Expires_Date WHERE Invitation_ID = ?"
                    _ = try await $0.execute(sql, [.integer(id)])
                }, takers)
            #expect(refusals.compactMap { $0 } == ["invitation_invalid", "invitation_invalid"])
        }
    }

    /// The user's database cannot be made, which shows when the invitation has been taken.
    @Test func anInvitationOutlivesARegistrationThatFails() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_REGISTRATION": "invite"]) { server in
            let (id, code) = try await invite(server)
            let users = "\(server.folder)/users/01"
            try FileManager.default.createDirectory(atPath: users, withIntermediateDirectories: true)
            let noDatabase = Data(String(repeating: "no database ", count: 1000).utf8)
            #expect(FileManager.default.createFile(atPath: "\(users)/user_1.db", contents: noDatabase))
            #expect(try await server.client.post("/api/register", registration("ada", code)).status == 503)
            let listed = try await server.manager.main.withDatabase(.read) {
                try await InvitationRepository($0).list(before: nil, limit: 10)
            }
            #expect(listed.map(\.id) == [id])
            #expect(listed.first?.usedBy == nil)
            #expect(try await server.client.post("/api/register", registration("ada", code)).status == 201)
            #expect(try await server.client.post("/api/register", registration("bob", code)).status == 403)
        }
    }

    @Test func aUsedInvitationGoesWithItsUserAndIsNotGoodAgain() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_REGISTRATION": "invite"]) { server in
            let (_, code) = try await invite(server)
            let made = try await server.client.post("/api/register", registration("ada", code))
            #expect(made.status == 201)
            let ada = try await server.manager.main.withDatabase(.read) {
                try await UserRepository($0).find(username: "ada")
            }
            let id = try #require(ada).id
            try await server.accounts.delete(id)
            let date = server.manager.main.time.wallNow.adding(.seconds(60))
            try await server.manager.purgeUser(id, deletedBefore: date)
            let listed = try await server.manager.main.withDatabase(.read) {
                try await InvitationRepository($0).list(before: nil, limit: 10)
            }
            #expect(listed.isEmpty)
            #expect(try await server.client.post("/api/register", registration("bob", code)).status == 403)
        }
    }

    @Test func theLinkFillsTheCodeIn() async throws {
        try await TestServer.withServer(on: [.sqlite], environment: ["UNIFY_REGISTRATION": "invite"]) { server in
            let page = try await server.client.get("/sign-up?invitation=some-code")
            #expect(page.status == 200)
            #expect(page.text.contains("some-code"))
        }
    }
}
