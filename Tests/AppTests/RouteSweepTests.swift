import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Every operation of the description, asked for by whom it is not for.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct RouteSweepTests {
    /// All others need a session.
    private static let forAnyone: Set<String> = [
        "POST /api/register", "POST /api/login", "POST /api/password-reset", "GET /healthz", "GET /readyz",
        "GET /metrics", "GET /openapi.yaml",
    ]

    /// Tokens that are nobody's.
    /// - Parameters:
    ///   - ended: the token of a session that has ended.
    ///   - live: one that holds.
    private static func tokens(ended: String, live: String) -> [(whose: String, token: String?)] {
        let forged = String(repeating: "A", count: 43)
        return [
            ("nobody's", nil), ("forged", forged), ("forged for an access", "access.\(forged)"),
            ("a session's that has ended", ended), ("a live one turned round", String(live.reversed())),
            ("a live one with more after it", live + "A"), ("a live one as an access", "access.\(live)"),
        ]
    }

    @Test func whatNeedsASessionIsRefusedWithoutOne() async throws {
        try await TestServer.withServerInEachMode { server in
            let operations = try await server.client.documentedOperations()
            let forAnyone = operations.filter { !$0.needsSession }.map(\.description)
            #expect(Set(forAnyone) == Self.forAnyone)
            let (ada, _) = try await server.client.register("ada")
            let (bob, id) = try await server.client.register("bob")
            #expect(try await ada.send("POST", "/api/logout").status == 204)
            let tokens = Self.tokens(ended: try #require(ada.token), live: try #require(bob.token))
            for operation in operations where operation.needsSession {
                for (whose, token) in tokens {
                    let path = operation.filled(with: id)
                    let cookie = token.map { ["Cookie": "unify_session=\($0)"] } ?? [:]
                    for answer in [
                        try await server.client.with(token: token).send(operation.method, path),
                        try await server.client.send(operation.method, path, headers: cookie),
                    ] {
                        #expect(answer.status == 401, "\(operation), the token is \(whose)")
                        #expect(answer.code == "not_signed_in", "\(operation), the token is \(whose)")
                    }
                }
            }
            #expect(try await bob.get("/api/me").status == 200)
        }
    }

    @Test func whatIsForAdministratorsIsRefusedToUsers() async throws {
        try await TestServer.withServerInEachMode { server in
            let operations = try await server.client.documentedOperations().filter(\.isForAdministrators)
            #expect(operations.count >= 10)
            let (ada, own) = try await server.client.register("ada")
            let (_, other) = try await server.client.register("bob")
            for operation in operations {
                for id in [own, other] {
                    let answer = try await ada.send(operation.method, operation.filled(with: id))
                    #expect(answer.status == 403, "\(operation)")
                    #expect(answer.code == "admin_required", "\(operation)")
                }
            }
            #expect(try await ada.get("/api/me/accesses").items.isEmpty)
            let (root, _) = try await server.makeAdmin()
            #expect(try await root.get("/admin/users").status == 200)
        }
    }

    @Test func whatIsAboutAnItemFindsNoneOfAnothers() async throws {
        try await TestServer.withServerInEachMode { server in
            let operations = try await server.client.documentedOperations().filter(\.isAboutOneItem)
            #expect(operations.count >= 12)
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (root, _) = try await server.makeAdmin()
            for (path, item) in ItemRouteTests.samples {
                let id = try #require(try await ada.post(path, item).json["id"] as? Int)
                let before = try await ada.get("\(path)/\(id)")
                #expect(before.status == 200)
                for operation in operations where operation.path.hasPrefix("\(path)/") {
                    let body = ["PUT", "PATCH"].contains(operation.method) ? item : nil
                    for other in [bob, root] {
                        let answer = try await other.send(operation.method, operation.filled(with: id), json: body)
                        #expect(answer.status == 404, "\(operation)")
                        #expect(answer.code == "not_found", "\(operation)")
                    }
                }
                #expect(try await ada.get("\(path)/\(id)").text == before.text)
            }
        }
    }

    /// Not even an administrator sees rows without the user's being told: see DataAccessTests.
    @Test func noAdministratorsOperationShowsRows() async throws {
        try await TestServer.withServerInEachMode { server in
            let word = "planted7c1f04"
            let (ada, id) = try await server.client.register("ada")
            try await plant(word, as: ada)
            let (root, _) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let reader = server.client.with(token: try #require(opened.json["token"] as? String))
            for (path, _) in ItemRouteTests.samples {
                #expect(try await reader.get(path).text.contains(word), "who may read finds it")
            }
            let operations = try await server.client.documentedOperations().filter(\.isForAdministrators)
            let reading = operations.filter { $0.method == "GET" }
            #expect(reading.count >= 7)
            for operation in operations {
                let body: [String: String]? = operation.method == "GET" ? nil : [:]
                let answer = try await root.send(operation.method, operation.filled(with: id), json: body)
                // In single-database mode there is no config to tell of; without a reason there is no access; a job that is
                // done refuses to be changed.
                let statuses = [200, 201, 204, 404, 422] + (operation.path.hasPrefix("/admin/jobs/") ? [409] : [])
                #expect(statuses.contains(answer.status), "\(operation): \(answer.text)")
                #expect(!answer.text.contains(word), "\(operation)")
            }
            #expect(try await root.get("/admin/users?q=\(word)").items.isEmpty)
            let metrics = try await server.client.get("/metrics").text
            #expect(!metrics.contains(word))
        }
    }

    /// Puts a word into every field of text that a user has.
    private func plant(_ word: String, as client: TestClient) async throws {
        let texts = [
            "/api/tasks": ["title", "description"], "/api/notes": ["title", "body"],
            "/api/events": ["title", "description", "location"],
        ]
        for (path, sample) in ItemRouteTests.samples {
            let words = try #require(texts[path]).map { ($0, word) }
            let item = sample.merging(words) { $1 }
            #expect(try await client.post(path, item).status == 201)
            #expect(try await client.get("\(path)?q=\(word)").items.count == 1)
        }
    }
}
