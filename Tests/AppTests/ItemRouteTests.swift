import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// Tasks, notes and events: over real HTTP, in both modes.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct ItemRouteTests {
    static let samples: [(path: String, item: [String: String])] = [
        ("/api/tasks", ["title": "Buy milk"]), ("/api/notes", ["title": "Idea", "body": "…"]),
        ("/api/events", ["title": "Party", "starts_at": "2026-12-31T20:00:00Z", "ends_at": "2027-01-01T02:00:00Z"]),
    ]

    @Test(arguments: [true, false]) func everyKindIsMadeReadChangedAndDeleted(multiTenant: Bool) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let (ada, _) = try await server.client.register("ada")
            for (path, item) in Self.samples {
                let made = try await ada.post(path, item)
                #expect(made.status == 201)
                let id = try #require(made.json["id"] as? Int)
                #expect(made.header("Location") == "\(path)/\(id)")
                #expect(try await ada.get("\(path)/\(id)").json["title"] as? String == item["title"])
                let patched = try await ada.send("PATCH", "\(path)/\(id)", json: ["title": "New"])
                #expect(patched.status == 200)
                #expect(patched.json["title"] as? String == "New")
                let put = try await ada.send("PUT", "\(path)/\(id)", json: item)
                #expect(put.status == 200)
                #expect(put.json["title"] as? String == item["title"])
                #expect(put.json["created_at"] as? String == made.json["created_at"] as? String)
                #expect(try await ada.get(path).items.count == 1)
                #expect(try await ada.send("DELETE", "\(path)/\(id)").status == 204)
                #expect(try await ada.send("DELETE", "\(path)/\(id)").status == 404)
                #expect(try await ada.get("\(path)/\(id)").code == "not_found")
            }
        }
    }

    @Test(arguments: [true, false]) func nobodySeesAnothersItems(multiTenant: Bool) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            for (path, item) in Self.samples {
                let id = try #require(try await ada.post(path, item).json["id"] as? Int)
                #expect(try await bob.get(path).items.isEmpty)
                for (method, body) in [("GET", nil), ("PUT", item), ("PATCH", ["title": "mine"]), ("DELETE", nil)] {
                    #expect(try await bob.send(method, "\(path)/\(id)", json: body).status == 404)
                }
                #expect(try await ada.get("\(path)/\(id)").json["title"] as? String == item["title"])
            }
        }
    }

    @Test func textComesBackAsItWasSent() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            for title in [
                "Robert'); DROP TABLE Tasks;--", "\"quoted\" \\ / <b>", "日本語 🎉 עברית", "../../etc/passwd", "a\tb\nc",
            ] {
                let made = try await ada.post("/api/tasks", ["title": title])
                #expect(made.status == 201)
                #expect(made.json["title"] as? String == title)
            }
            #expect(try await ada.get("/api/tasks").items.count == 5)
        }
    }

    @Test func pagesFollowEachOtherWithoutGapOrRepeat() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 0..<7 {
                _ = try await ada.post("/api/tasks", ["title": "task \(number)"])
                // Two events at each moment: the number decides between them.
                let hour = 10 + number / 2
                _ = try await ada.post(
                    "/api/events",
                    [
                        "title": "\(number)", "starts_at": "2026-12-01T\(hour):00:00Z",
                        "ends_at": "2026-12-01T\(hour):30:00Z",
                    ])
            }
            for path in ["/api/tasks", "/api/events"] {
                var ids: [Int] = []
                var cursor: String?
                repeat {
                    let page = try await ada.get("\(path)?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""))
                    #expect(page.status == 200)
                    ids += page.items.compactMap { $0["id"] as? Int }
                    cursor = page.json["next_cursor"] as? String
                } while cursor != nil
                #expect(ids == Array(1...7), "\(path)")
            }
        }
    }

    @Test func tasksAreFiltered() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            _ = try await ada.post("/api/tasks", ["title": "early", "due_date": "2026-01-01T00:00:00+02:00"])
            _ = try await ada.post("/api/tasks", ["title": "late 100%", "due_date": "2026-06-01", "is_done": true])
            _ = try await ada.post("/api/tasks", ["title": "never", "description": "100_percent"])
            func titles(_ query: String) async throws -> [String] {
                try await ada.get("/api/tasks?\(query)").items.compactMap { $0["title"] as? String }
            }
            #expect(try await titles("done=true") == ["late 100%"])
            #expect(try await titles("done=false") == ["early", "never"])
            #expect(try await titles("due_before=2026-02-01T00:00:00Z") == ["early"])
            #expect(try await titles("q=100%25") == ["late 100%"])
            #expect(try await titles("q=100_") == ["never"])
            #expect(try await titles("q=EARLY") == ["early"])
            #expect(try await ada.get("/api/tasks/1").json["due_date"] as? String == "2025-12-31T22:00:00.000Z")
        }
    }

    @Test func eventsAreFilteredByTime() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            for day in [1, 10, 20] {
                let date = "2026-12-\(day < 10 ? "0" : "")\(day)"
                _ = try await ada.post(
                    "/api/events", ["title": date, "starts_at": "\(date)T10:00:00Z", "ends_at": "\(date)T11:00:00Z"])
            }
            let found = try await ada.get("/api/events?from=2026-12-05T00:00:00Z&to=2026-12-15T00:00:00Z")
            #expect(found.items.map { $0["title"] as? String } == ["2026-12-10"])
        }
    }

    @Test(arguments: [
        ("/api/tasks", #"{}"#, "title"), ("/api/tasks", #"{"title":"  "}"#, "title"),
        ("/api/tasks", #"{"title":null}"#, "title"), ("/api/tasks", #"{"title":["x"]}"#, "title"),
        ("/api/tasks", #"{"title":"a\u0000b"}"#, "title"),
        ("/api/tasks", #"{"title":"x","priority":"high"}"#, "priority"),
        ("/api/tasks", #"{"title":"x","priority":1e30}"#, "priority"),
        ("/api/tasks", #"{"title":"x","priority":-1}"#, "priority"),
        ("/api/tasks", #"{"title":"x","priority":1.5}"#, "priority"),
        ("/api/tasks", #"{"title":"x","due_date":"soon"}"#, "due_date"),
        ("/api/tasks", #"{"title":"x","due_date":"2026-02-30T00:00:00Z"}"#, "due_date"),
        ("/api/tasks", #"{"title":"x","is_done":"yes"}"#, "is_done"),
        ("/api/tasks", #"{"title":"x","description":7}"#, "description"),
        ("/api/notes", #"{"title":"x","body":{}}"#, "body"),
        (
            "/api/events", #"{"title":"x","starts_at":"2026-01-02T00:00:00Z","ends_at":"2026-01-01T00:00:00Z"}"#,
            "ends_at"
        ),
        ("/api/events", #"{"title":"x","starts_at":"2026-01-02T00:00:00Z"}"#, "ends_at"),
    ])
    func aBadFieldIsNamedAndNothingIsKept(path: String, body: String, field: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.send("POST", path, raw: Data(body.utf8))
            #expect(answer.status == 422)
            #expect(answer.errorFields == [field])
            #expect(try await ada.get(path).items.isEmpty)
        }
    }

    @Test func limitsOfLengthHoldAtTheBound() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let fits = try await ada.post("/api/tasks", ["title": String(repeating: "é", count: 500)])
            #expect(fits.status == 201)
            let long = try await ada.post("/api/tasks", ["title": String(repeating: "é", count: 501)])
            #expect(long.status == 422)
        }
    }

    @Test(arguments: [
        "limit=0", "limit=201", "limit=ten", "limit=", "cursor=nope", "cursor=Li4v", "done=maybe", "due_before=x",
        "q=%00", "q=%ff", "limit=%2B5", "limit=05", "limit=+5", "limit=5%20", "limit=5&limit=5", "done=true&done=false",
        "done=true&done=true", "q=a&q=b", "due_before=2026-11-23&due_before=2026-11-24", "cursor=a&cursor=b",
        "due_before=2026-11-23%2002:00",
    ])
    func aBadParameterIsRefused(query: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let answer = try await ada.get("/api/tasks?\(query)")
            #expect(answer.status == 422, "\(query)")
            #expect(answer.code == "invalid_fields")
        }
    }

    /// In a query a plus stands for a blank; the offset of a time is understood all the same.
    @Test func anOffsetThatLostItsPlusIsUnderstood() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for (title, due) in [("early", "2026-11-23T15:59:59Z"), ("late", "2026-11-23T16:00:00Z")] {
                #expect(try await ada.post("/api/tasks", ["title": title, "due_date": due]).status == 201)
                let event = ["title": title, "starts_at": due, "ends_at": due]
                #expect(try await ada.post("/api/events", event).status == 201)
            }
            for plus in ["+", "%2B", "%20"] {
                let time = "2026-11-23T18:00:00\(plus)02:00"
                for (query, title) in [
                    ("tasks?due_before=\(time)", "early"), ("events?from=\(time)", "late"),
                    ("events?to=\(time)", "early"),
                ] {
                    let found = try await ada.get("/api/\(query)")
                    #expect(found.items.compactMap { $0["title"] as? String } == [title], "\(query): \(found.text)")
                }
            }
            let wrong = try await ada.get("/api/tasks?due_before=2026-11-23%2018:00:00%20%2002:00")
            #expect(wrong.status == 422 && wrong.text.contains("%2B"))
        }
    }

    /// A cursor is good for the list that gave it: not for another kind, and not for other filters.
    @Test func aCursorOfAnotherListIsRefused() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            for number in 0..<3 {
                for (path, item) in Self.samples {
                    _ = try await ada.post(path, item.merging(["title": "a \(number)"]) { $1 })
                }
            }
            for (source, _) in Self.samples {
                let cursor = try #require(try await ada.get("\(source)?limit=1&q=a").json["next_cursor"] as? String)
                for (path, _) in Self.samples {
                    let isSame = path == source
                    let answer = try await ada.get("\(path)?cursor=\(cursor)&q=a&limit=2")
                    #expect(answer.status == (isSame ? 200 : 422), "\(path), from \(source)")
                    #expect(!isSame || answer.items.count == 2, "another page size is no other list")
                    for filters in ["", "&q=b", "&q=a&q=a", "&Q=a"] {
                        #expect(
                            try await ada.get("\(path)?cursor=\(cursor)\(filters)").status == 422, "\(path) \(filters)")
                    }
                }
            }
            let tasks = try #require(try await ada.get("/api/tasks?limit=1").json["next_cursor"] as? String)
            for filter in ["done=false", "due_before=2030-01-01", "q=a"] {
                #expect(try await ada.get("/api/tasks?cursor=\(tasks)&\(filter)").status == 422, "\(filter)")
            }
        }
    }

    /// What a reader cannot see is blank: on a page it would be a link that nobody can click.
    @Test func whatNobodySeesIsBlank() async throws {
        let texts = [
            " ", "\t\n", "\u{200B}", "\u{FEFF}", "\u{200B}\u{200C}\u{200D}", "\u{2060}\u{180E}", "\u{AD}", "\u{3164}",
            "\u{2800}", "\u{A0}\u{2003}\u{3000}", "\u{FE0F}", "\u{E0020}", "\u{202E}\u{2066}", "\u{7F}\u{85}",
        ]
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            for text in texts {
                let codes = text.unicodeScalars.map { String($0.value, radix: 16) }
                for (path, item) in Self.samples {
                    let answer = try await ada.post(path, item.merging(["title": text]) { $1 })
                    #expect(answer.status == 422 && answer.text.contains("must not be blank"), "\(path): \(codes)")
                    let seen = try await ada.post(path, item.merging(["title": "a\(text)"]) { $1 })
                    let number = try #require(seen.json["id"] as? Int)
                    let patch = try await ada.send("PATCH", "\(path)/\(number)", json: ["title": text])
                    #expect(patch.status == 422, "\(path): \(codes)")
                }
                let reason = String(repeating: text, count: 9) + "abc"
                #expect(try await root.post("/admin/user/\(id)/access", ["reason": reason]).status == 422, "\(codes)")
            }
        }
    }

    @Test(arguments: ["0", "-1", "abc", "1e3", "01", "99999999999999999999", "%2e%2e", "%00", "1%27"])
    func aBadNumberInThePathNamesNothing(id: String) async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            #expect(try await ada.get("/api/tasks/\(id)").status == 404)
        }
    }
}
