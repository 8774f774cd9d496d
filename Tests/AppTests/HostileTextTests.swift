import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// SQL, markup and odd letters in every field: they are text like any other, or are refused by a rule.
@Suite(.tags(.proof), .timeLimit(.minutes(15))) struct HostileTextTests {
    private static let texts = [
        "' OR '1'='1", "'; DROP TABLE Tasks; --", "\" OR \"\"=\"", "1; ATTACH DATABASE '/etc/passwd' AS p", "%", "_",
        "\\", "\\'; SELECT pg_sleep(5); --", "' UNION SELECT Password_Hash FROM Users --", "$1", "?", ":a", "@a",
        "{{7*7}}", "${jndi:ldap://x}", "<script>alert(1)</script>", "\u{202E}txt.exe", "a\u{FEFF}b", "\u{FFFF}", "ﷺ",
        "e\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👧", "\r\nSet-Cookie: a=b", String(repeating: "\u{10FFFF}", count: 200),
    ]

    /// The fields of text of each kind of item.
    private static let textFields: [(path: String, fields: [String])] = [
        ("/api/tasks", ["title", "description"]), ("/api/notes", ["title", "body"]),
        ("/api/events", ["title", "location", "description"]),
    ]

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    // MARK: Items

    @Test func itemsKeepItAsItWasSent() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            try await addItems("bob's", to: bob)
            for (path, fields) in Self.textFields {
                let times = path == "/api/events" ? Self.times : [:]
                let changed = try await addItem("ada's", at: path, to: ada)
                let replaced = try await addItem("ada's", at: path, to: ada)
                for text in Self.texts {
                    let texts = Dictionary(uniqueKeysWithValues: fields.map { ($0, text) })
                    let item = texts.merging(times) { $1 }
                    check(text, in: fields, of: try await ada.post(path, item), status: 201)
                    check(text, in: fields, of: try await ada.send("PATCH", changed, json: texts), status: 200)
                    check(text, in: fields, of: try await ada.send("PUT", replaced, json: item), status: 200)
                    check(text, in: fields, of: try await ada.get(changed), status: 200)
                }
                let others = try await bob.get(path).items.map { $0["title"] as? String }
                #expect(others == ["bob's"], "\(path)")
            }
        }
    }

    @Test func nulIsInNoText() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            // Two of the engines cannot store it.
            for path in ["/api/tasks", "/api/notes"] {
                #expect(try await ada.post(path, ["title": "a\u{0}b"]).status == 422)
            }
        }
    }

    @Test(arguments: [("/api/tasks", "due_date"), ("/api/events", "starts_at"), ("/api/events", "ends_at")])
    func datesRefuseIt(path: String, field: String) async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let own = try await addItem("ada's", at: path, to: ada)
            let before = try await ada.get(own).text
            for text in Self.texts {
                let times = path == "/api/events" ? Self.times : [:]
                let item = ["title": "x"].merging(times) { $1 }.merging([field: text]) { $1 }
                for (method, target, body) in [
                    ("POST", path, item), ("PUT", own, item), ("PATCH", own, [field: text]),
                ] {
                    let answer = try await ada.send(method, target, json: body)
                    #expect(answer.status == 422, "\(method) \(text): \(answer.text)")
                    #expect(answer.errorFields == [field], "\(method) \(text)")
                }
            }
            #expect(try await ada.get(own).text == before)
            #expect(try await ada.get(path).items.count == 1)
        }
    }

    @Test func queriesFindNothingByIt() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            try await addItems("ada's", to: ada)
            try await addItems("bob's", to: bob)
            let parameters = [
                "q", "cursor", "limit", "done", "due_before", "from", "to", "status", "priority",
            ]
            for list in Self.textFields.map({ $0.path }) + ["/api/me/accesses"] {
                for text in Self.texts {
                    for parameter in parameters {
                        let answer = try await ada.get("\(list)?\(parameter)=\(Self.encoded(text))")
                        #expect([200, 422].contains(answer.status), "\(list) \(parameter)=\(text): \(answer.text)")
                        #expect(!answer.text.contains("bob's"), "\(list) \(parameter)=\(text)")
                        // In no title: a wildcard would find them all.
                        if parameter == "q" { #expect(answer.items.isEmpty, "\(list) q=\(text)") }
                    }
                }
            }
            let own = try await ada.get("/api/tasks?q=a%27s").items
            #expect(own.count == 1, "the control: what is in a title is found")
        }
    }

    private static let times = ["starts_at": "2026-12-31T20:00:00Z", "ends_at": "2027-01-01T02:00:00Z"]

    /// - Returns: the item's path.
    private func addItem(_ title: String, at path: String, to client: TestClient) async throws -> String {
        let times = path == "/api/events" ? Self.times : [:]
        let item = times.merging(["title": title]) { $1 }
        let made = try await client.post(path, item)
        #expect(made.status == 201)
        let id = try #require(made.json["id"] as? Int)
        return "\(path)/\(id)"
    }

    private func addItems(_ title: String, to client: TestClient) async throws {
        for (path, _) in Self.textFields { _ = try await addItem(title, at: path, to: client) }
    }

    private func check(_ text: String, in fields: [String], of answer: TestClient.Answer, status: Int) {
        #expect(answer.status == status, "\(text): \(answer.text)")
        for name in fields {
            let back = (answer.json[name] as? String).map { Array($0.utf8) }
            #expect(back == Array(text.utf8), "\(name): \(text)")
        }
    }

    // MARK: Accounts

    @Test func accountsKeepItOrRefuseIt() async throws {
        try await TestServer.withServerInEachMode { server in
            let (bob, _) = try await server.client.register("bob")
            try await addItems("bob's", to: bob)
            for (number, text) in Self.texts.enumerated() {
                let named = try await server.client.post(
                    "/api/register",
                    ["username": text, "email": "name\(number)@example.org", "password": TestClient.password])
                #expect(named.status == 422, "\(text): \(named.text)")
                #expect(named.errorFields == ["username"], "\(text)")
                let user = try await register("user\(number)", text, server)
                #expect(try await user.get("/api/tasks").items.isEmpty, "\(text)")
                try await signIn("user\(number)", text, server)
            }
            let users = try await server.manager.main.withDatabase(.read) { try await UserRepository($0).count() }
            #expect(users == 1 + Self.texts.count)
        }
    }

    /// Registers a user with the text in the password, and in the address where an address may hold it.
    private func register(_ name: String, _ text: String, _ server: TestServer) async throws -> TestClient {
        var account = ["username": name, "email": "\(name)\(text)@example.org", "password": "a planted secret \(text)"]
        var answer = try await server.client.post("/api/register", account)
        if answer.status != 201 {
            #expect(answer.status == 422, "\(text): \(answer.text)")
            #expect(answer.errorFields == ["email"], "\(text)")
            account["email"] = "\(name)@example.org"
            answer = try await server.client.post("/api/register", account)
        }
        #expect(answer.status == 201, "\(text): \(answer.text)")
        let user = answer.json["user"] as? [String: Any]
        let kept = (user?["email"] as? String).map { Array($0.utf8) }
        // An address is kept in the normal form C, so that one that is typed elsewhere is the same.
        let sent = account["email"].map { Array($0.precomposedStringWithCanonicalMapping.utf8) }
        #expect(kept == sent, "\(text)")
        return server.client.with(token: try #require(answer.json["token"] as? String, "\(text)"))
    }

    /// Signs in with the text in the password. Without it, with it as the name, or with it alone nobody is signed in.
    private func signIn(_ name: String, _ text: String, _ server: TestServer) async throws {
        for (username, password, statuses) in [
            (name, "a planted secret \(text)", [200]), (name, "a planted secret ", [401]),
            (text, "a planted secret \(text)", [401]),
            // Many wrong ones for one name are slowed down.
            ("bob", text, [401, 429]),
        ] {
            let answer = try await server.client.post("/api/login", ["username": username, "password": password])
            #expect(statuses.contains(answer.status), "\(username), \(password): \(answer.text)")
        }
    }

    // MARK: Administrators

    @Test func administratorsFindNobodyByIt() async throws {
        try await TestServer.withServerInEachMode { server in
            for name in ["ada", "bob"] { _ = try await server.client.register(name) }
            let (root, _) = try await server.makeAdmin()
            for text in Self.texts {
                let query = Self.encoded(text)
                let found = try await root.get("/admin/users?q=\(query)")
                #expect([200, 422].contains(found.status), "\(text): \(found.text)")
                #expect(found.items.isEmpty, "\(text): \(found.text)")
                for list in ["users", "audit", "jobs", "pools", "servers", "databases/stats"] {
                    for parameter in ["cursor", "limit"] {
                        let answer = try await root.get("/admin/\(list)?\(parameter)=\(query)")
                        #expect(answer.status == 422, "\(list) \(parameter)=\(text): \(answer.text)")
                    }
                }
            }
            #expect(try await root.get("/admin/users?q=da").items.count == 1, "the control: what is in a name is found")
        }
    }

    @Test func aReasonIsKeptAsItWasGivenAndTheAuditLogIsWhole() async throws {
        try await TestServer.withServerInEachMode { server in
            let (ada, id) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            let (root, _) = try await server.makeAdmin()
            for text in Self.texts.map({ "Because \($0)" }) {
                let opened = try await root.post("/admin/user/\(id)/access", ["reason": text])
                #expect(opened.status == 201, "\(text): \(opened.text)")
                let told = try await ada.get("/api/me/accesses?limit=1").items.first?["reason"] as? String
                let logged = try await root.get("/admin/audit?limit=1").items.first?["detail"] as? String
                #expect(Array((told ?? "").utf8) == Array(text.utf8), "\(text)")
                #expect(Array((logged ?? "").utf8) == Array(text.utf8), "\(text)")
            }
            #expect(try await bob.get("/api/me/accesses").items.isEmpty)
            let audit = try await server.manager.main.withDatabase(.read) { try await AuditLog($0).verify() }
            #expect(audit.firstFault == nil)
            #expect(audit.entries > Self.texts.count)
        }
    }

    @Test func initialisingRefusesItAndChangesNothing() async throws {
        try await TestServer.withServerInEachMode { server in
            let (_, id) = try await server.client.register("ada")
            let (root, _) = try await server.makeAdmin()
            let path = "/admin/user/\(id)/database"
            let before = try await root.get("\(path)/info")
            // Where there is a database nothing is asked for.
            let hasDatabase = before.status == 200
            for text in Self.texts {
                for field in ["engine", "host", "port", "name", "login", "password", "server"] {
                    let answer = try await root.post("\(path)/initialize", [field: text])
                    #expect(answer.status == 422 || (hasDatabase && answer.status == 200), "\(field) \(text)")
                    #expect(answer.json["created"] as? Bool != true, "\(field) \(text)")
                }
            }
            let after = try await root.get("\(path)/info")
            #expect(after.status == before.status)
            for name in ["engine", "host", "port", "name", "login", "path", "state", "server", "epoch", "created_at"] {
                #expect("\(after.json[name] ?? "none")" == "\(before.json[name] ?? "none")", "\(name)")
            }
        }
    }

    @Test(arguments: TestPlace.servers) func anyPasswordOpensItsDatabase(place: TestPlace) async throws {
        try await TestServer.withServer(on: [place], multiTenant: false) { server in
            let (root, _) = try await server.makeAdmin()
            for (number, text) in Self.texts.enumerated() {
                let (_, id) = try await server.client.register("user\(number)")
                let userID = try #require(UserID(Int64(id)))
                let request = ProvisioningRequest(password: Secret(text))
                guard place.engine.fault(in: Secret(text)) == nil else {
                    // What the engine cannot take is refused before anything is made.
                    try await expect(.invalidConfiguration, text) {
                        _ = try await server.manager.initializeUserDatabase(userID, request)
                    }
                    #expect(try await server.manager.loadUserDatabaseConfig(userID) == nil)
                    continue
                }
                #expect(try await server.manager.initializeUserDatabase(userID, request).isNew, "\(text)")
                let tested = try await root.send("POST", "/admin/user/\(id)/database/test")
                #expect(tested.json["ok"] as? Bool == true, "\(text): \(tested.text)")
            }
        }
    }
}
