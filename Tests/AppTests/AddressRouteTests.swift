import Foundation
import Logging
import Tenancy
import Testing
import UnifyTesting

@testable import UnifyApp

/// One address is one user on every engine, however it is spelled, and signs in as the username does.
@Suite(.timeLimit(.minutes(15))) struct AddressRouteTests {
    private static func register(_ name: String, _ email: String, _ server: TestServer) async throws
        -> TestClient.Answer
    {
        try await server.client.post(
            "/api/register", ["username": name, "email": email, "password": TestClient.password])
    }

    private static func signIn(_ name: String, _ server: TestServer, password: String = TestClient.password)
        async throws -> TestClient.Answer
    {
        try await server.client.post("/api/login", ["username": name, "password": password])
    }

    @Test func oneAddressIsOneUserInEverySpelling() async throws {
        try await TestServer.withServer { server in
            #expect(try await Self.register("one", "jos\u{E9}@b\u{FC}cher.example", server).status == 201)
            for (index, spelling) in [
                "JOS\u{C9}@b\u{FC}cher.example", "jose\u{301}@b\u{FC}cher.example", "jos\u{E9}@XN--BCHER-KVA.example",
                "\u{FF4A}os\u{E9}@b\u{FC}cher.example", "jos\u{E9}@B\u{DC}CHER.EXAMPLE",
            ].enumerated() {
                let answer = try await Self.register("two\(index)", spelling, server)
                #expect(answer.status == 409 && answer.code == "email_taken", "\(spelling): \(answer.text)")
                #expect(try await Self.signIn(spelling, server).status == 200, "\(spelling)")
            }
            // To some collations these are the same.
            #expect(try await Self.register("other", "jose@b\u{FC}cher.example", server).status == 201)
            #expect(try await Self.signIn("jose@bucher.example", server).status == 401)
            for (spelling, name) in [("jose@b\u{FC}cher.example", "other"), ("JOS\u{C9}@b\u{FC}cher.example", "one")] {
                let answer = try await Self.signIn(spelling, server)
                #expect((answer.json["user"] as? [String: Any])?["username"] as? String == name)
            }
        }
    }

    @Test func sixRegistrationsAtOnceMakeOneUser() async throws {
        try await TestServer.withServerInEachMode { server in
            let spellings = [
                "jos\u{E9}@x.org", "JOS\u{C9}@x.org", "jose\u{301}@x.org", "Jos\u{E9}@X.org", "jos\u{E9}@x.ORG",
                "JOSE\u{301}@X.ORG",
            ]
            func race(_ fields: [(name: String, email: String)]) async throws -> [Int] {
                try await withThrowingTaskGroup(of: Int.self) { tasks in
                    for (name, email) in fields {
                        tasks.addTask { try await Self.register(name, email, server).status }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }.sorted()
                }
            }
            let byEmail = try await race(spellings.enumerated().map { ("racer\($0)", $1) })
            #expect(byEmail == [201, 409, 409, 409, 409, 409])
            let byName = try await race(
                ["ada", "ADA", "Ada", "aDa", "adA", "AdA"].enumerated().map { ($1, "a\($0)@x.org") })
            #expect(byName == [201, 409, 409, 409, 409, 409])
        }
    }

    @Test func theAddressSignsInAsTheUsernameDoes() async throws {
        try await TestServer.withServerInEachMode { server in
            let (_, id) = try await server.client.register("ada")
            for name in ["ada@example.org", "ADA@Example.ORG", "ada@example.org."] {
                let answer = try await Self.signIn(name, server)
                #expect(answer.status == 200)
                #expect((answer.json["user"] as? [String: Any])?["id"] as? Int == id)
            }
            let wrong = try await Self.signIn("ada@example.org", server, password: "not this one")
            let unknown = try await Self.signIn("eve@example.org", server, password: "not this one")
            #expect(wrong.status == 401 && wrong.text == unknown.text)
            let page = PageClient(port: server.client.port)
            #expect(try await page.get("/sign-in").html.contains("Username or email"))
            try await page.signIn("ada@example.org")
        }
    }

    @Test func triesByNameAndByAddressAreCountedTogether() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            _ = try await server.client.register("ada")
            for name in ["ada", "ada@example.org", "ADA", "Ada@Example.org", "ada@example.org."] {
                for _ in 0..<2 { #expect(try await Self.signIn(name, server, password: "guess guess").status == 401) }
            }
            for name in ["ada", "ada@example.org"] { #expect(try await Self.signIn(name, server).status == 429) }
            // What failed by the address is among the user's own events, too.
            try await server.accounts.flushJournal(isLast: true, logger: .init(label: "test"))
            let events = try await server.accounts.securityEvents(
                of: try #require(UserID(1)), before: nil, limit: 100)
            let failures = events.filter { $0.action == .signInFailed }.map { $0.detail?.times ?? 1 }
            #expect(failures.reduce(0, +) == 10)
        }
    }

    @Test(arguments: [
        "ada@example.org.", "ada\u{A0}@example.org", "ada\u{200B}@example.org", "<a@b.org>", "a,b@c.org", "\"a\"@c.org",
        "a\u{1}@c.org", "a@b@c.org",
    ])
    func addressesThatOnlyLookLikeOneAreRefusedByAPIAndPage(address: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let answer = try await Self.register("ada", address, server)
            #expect(answer.status == 422 && answer.errorFields == ["email"], "\(answer.text)")
            let page = try await PageClient(port: server.client.port).post(
                "/sign-up", ["username": "ada", "email": address, "password": TestClient.password])
            #expect(page.status == 422)
        }
    }

    @Test func addressesFromBeforeThereWasANormalFormAreCompletedAndSharedOnesAreNamed() async throws {
        try await TestServer.withServer { server in
            // By an engine's own comparison these are two addresses.
            let emails = ["jos\u{E9}@x.org", "\u{FF4A}os\u{E9}@x.org", "<ada@x.org>", "eve@x.org"]
            let hash = try await server.accounts.hasher.hash(Secret(TestClient.password), in: .init(.known))
            try await server.accounts.main.transaction { database in
                for (index, email) in emails.enumerated() {
                    _ = try await UserRepository(database).insert(
                        username: "old\(index)", email: email, passwordHash: hash, date: server.accounts.time.wallNow)
                }
            }
            // The server does the same when it starts, perhaps at this moment.
            while try await server.accounts.main.withDatabase(
                .read, { try await !EmailRepository($0).missing(limit: 1).isEmpty })
            { _ = try? await server.accounts.completeAddresses() }
            let duplicates = try await server.accounts.main.withDatabase(.read) {
                try await EmailRepository($0).duplicates(limit: 10)
            }
            #expect(duplicates.map(\.userID.rawValue) == [2])
            // The one who was there first signs in by it; the other one by their name.
            let first = try await Self.signIn("\u{FF4A}os\u{E9}@x.org", server)
            #expect((first.json["user"] as? [String: Any])?["username"] as? String == "old0")
            #expect(try await Self.signIn("old1", server).status == 200)
            #expect(try await Self.signIn("EVE@x.org", server).status == 200)
            #expect(try await Self.register("new", "Eve@X.org", server).status == 409)
        }
    }
}
