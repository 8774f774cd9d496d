import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// The bounds of docs/limits.md that a request can reach: what is at the bound is taken, one more is refused.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct BoundTests {
    private static func text(_ count: Int) -> String { String(repeating: "é", count: count) }

    static let itemFields: [(path: String, field: String, bound: Int)] = [
        ("/api/tasks", "title", 500), ("/api/tasks", "description", 20_000), ("/api/notes", "title", 500),
        ("/api/events", "title", 500), ("/api/events", "location", 500), ("/api/events", "description", 20_000),
    ]

    @Test(arguments: itemFields) func textsOfItems(path: String, field: String, bound: Int) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            var fields = ["title": "x"]
            if path == "/api/events" {
                fields.merge(["starts_at": "2026-12-31T20:00:00Z", "ends_at": "2027-01-01T02:00:00Z"]) { $1 }
            }
            fields[field] = Self.text(bound)
            #expect(try await ada.post(path, fields).status == 201)
            fields[field] = Self.text(bound + 1)
            let refused = try await ada.post(path, fields)
            #expect(refused.status == 422)
            #expect(refused.errorFields == [field])
        }
    }

    @Test func bodiesOfNotesAndOfRequests() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let fits = ["title": "x", "body": String(repeating: "x", count: 500_000)]
            #expect(try await ada.post("/api/notes", fits).status == 201)
            let long = ["title": "x", "body": String(repeating: "x", count: 500_001)]
            #expect(try await ada.post("/api/notes", long).errorFields == ["body"])
            // White space beside the object counts as the body does.
            let json = Data(#"{"title":"x"}"#.utf8)
            for (size, status) in [(1_048_576, 201), (1_048_577, 413)] {
                let padded = json + Data(repeating: 0x20, count: size - json.count)
                #expect(try await ada.send("POST", "/api/tasks", raw: padded).status == status, "\(size)")
            }
        }
    }

    @Test func numbersAndParameters() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for (priority, status) in [(-1, 422), (0, 201), (100, 201), (101, 422)] {
                let fields: [String: Any] = ["title": "x", "priority": priority]
                #expect(try await ada.post("/api/tasks", fields).status == status, "priority \(priority)")
            }
            for (query, status) in [
                ("limit=0", 422), ("limit=1", 200), ("limit=200", 200), ("limit=201", 422),
                ("q=" + String(repeating: "x", count: 200), 200), ("q=" + String(repeating: "x", count: 201), 422),
                ("cursor=" + String(repeating: "A", count: 101), 422),
            ] {
                #expect(try await ada.get("/api/tasks?\(query)").status == status, "\(query.prefix(10))")
            }
            for (time, status) in [
                ("0001-01-01T00:00:00Z", 201), ("9999-12-31T23:59:59.999Z", 201), ("0000-12-31T23:59:59Z", 422),
                ("10000-01-01T00:00:00Z", 422),
            ] {
                #expect(try await ada.post("/api/tasks", ["title": "x", "due_date": time]).status == status, "\(time)")
            }
        }
    }

    @Test func accounts() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            func register(_ name: String, _ email: String, _ password: String) async throws -> TestClient.Answer {
                try await server.client.post(
                    "/api/register", ["username": name, "email": email, "password": password])
            }
            let domain = "@" + String(repeating: "d", count: 60) + ".example.org"
            for (length, field) in [(64, nil), (65, "username")] {
                let answer = try await register(
                    String(repeating: "n", count: length), "n@example.org", TestClient.password)
                #expect(answer.errorFields == Set([field].compactMap(\.self)), "a name of \(length)")
            }
            for (length, field) in [(254, nil), (255, "email")] {
                let email = String(repeating: "e", count: length - domain.count) + domain
                let answer = try await register("e\(length)", email, TestClient.password)
                #expect(answer.errorFields == Set([field].compactMap(\.self)), "an address of \(length)")
            }
            let long = String(repeating: "kestrel-herons é", count: 60) + "-you"
            #expect(long.utf8.count == 1024)
            for (password, field) in [
                ("kestrel-fog", "password"), ("kestrel-fogs", nil), (long, nil), (long + "x", "password"),
                // Counted in the normal form C, in which this has 11 characters of its 12.
                ("kestrel-foe\u{301}", "password"),
            ] {
                let answer = try await register("p\(password.utf8.count)", "p\(password.utf8.count)@x.org", password)
                #expect(answer.errorFields == Set([field].compactMap(\.self)), "a password of \(password.utf8.count)")
            }
            let tooLong = ["username": "ada", "password": String(repeating: "x", count: 100_001)]
            #expect(try await server.client.post("/api/login", tooLong).status == 422)
            #expect(
                try await server.client.with(token: String(repeating: "a", count: 201)).get("/api/me").status == 401)
        }
    }

    @Test func theOldestOfAHundredSessionsEnds() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (first, _) = try await server.client.register("ada")
            var second: TestClient?
            for number in 1...100 {
                if number == 100 { #expect(try await first.get("/api/me").status == 200, "a hundred may live") }
                let login = try await server.client.post(
                    "/api/login", ["username": "ada", "password": TestClient.password])
                #expect(login.status == 200)
                if number == 1 { second = server.client.with(token: login.json["token"] as? String) }
            }
            #expect(try await first.get("/api/me").status == 401)
            #expect(try await second?.get("/api/me").status == 200)
        }
    }
}
