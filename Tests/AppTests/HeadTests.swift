import Foundation
import Tenancy
import Testing
import UnifyTesting

/// HEAD says what GET would, and makes no content for it.
@Suite(.timeLimit(.minutes(5))) struct HeadTests {
    /// Lists and pages, and the table without which GET fails.
    static let lists: [(path: String, table: String)] = [
        ("/api/tasks", "Tasks"), ("/api/tasks?q=word&limit=200", "Tasks"), ("/api/notes?q=word", "Notes"),
        ("/api/events", "Events"), ("/tasks", "Tasks"), ("/tasks?q=word", "Tasks"), ("/notes", "Notes"),
        ("/notes/new", "Notes"), ("/events", "Events"), ("/events/agenda?q=word", "Events"),
        ("/admin/audit", "Audit_Log"), ("/admin/jobs", "Job"), ("/api/me/security-events", "Audit_Log"),
        ("/api/me/accesses", "Data_Access"), ("/account", "Data_Access"), ("/admin/console/audit", "Audit_Log"),
        ("/admin/console/jobs", "Job"), ("/admin/console/live/jobs", "Job"), ("/admin/servers", "Database_Server"),
        ("/admin/console/servers", "Database_Server"), ("/admin/databases/stats", "User_Database_Config"),
        ("/admin/console/databases", "User_Database_Config"), ("/api/me/export", "Tasks"),
    ]

    private static let gets = [
        "/healthz", "/readyz", "/metrics", "/openapi.yaml", "/", "/sign-up", "/sign-in", "/sign-in/code",
        "/new-password",
        "/tasks", "/notes", "/notes/new", "/notes/1", "/notes/999", "/events", "/events/new", "/events/1",
        "/events/999",
        "/events/agenda", "/account", "/account/second-factor", "/admin/console", "/admin/console/users",
        "/admin/console/databases", "/admin/console/databases/1", "/admin/console/databases/999", "/admin/console/jobs",
        "/admin/console/pools", "/admin/console/servers", "/admin/console/audit", "/admin/console/settings", "/nothing",
        "/api/nothing", "/api/tasks?limit=0", "/api/tasks?cursor=x", "/api/tasks?due_before=x", "/tasks?cursor=x",
        "/admin/users?limit=1000", "/admin/audit?cursor=x", "/events?month=x", "/account?cursor=x", "/api/tasks/x",
    ]

    private func visitor(_ server: TestServer, as client: TestClient? = nil) -> PageClient {
        let visitor = PageClient(port: server.client.port)
        if let token = client?.token { visitor.setCookie("unify_session", token) }
        return visitor
    }

    private func head(_ path: String, _ visitor: PageClient) async throws -> PageClient.Answer {
        let answer = try await visitor.send("HEAD", path, headers: ["Accept": "text/html"])
        #expect(answer.html.isEmpty, "HEAD \(path) has content: \(answer.html)")
        return answer
    }

    @Test func itHasTheStatusOfGet() async throws {
        try await TestServer.withServerInEachMode(on: [.sqlite]) { server in
            let (root, _) = try await server.makeAdmin()
            let (ada, _) = try await server.client.register("ada")
            for (path, item) in ItemRouteTests.samples {
                for client in [root, ada] { #expect(try await client.post(path, item).status == 201) }
            }
            let operations = try await server.client.documentedOperations().filter { $0.method == "GET" }
            let paths = Set(Self.gets + operations.flatMap { [$0.filled(with: 1), $0.filled(with: 999)] })
            for (who, client) in [("nobody", nil), ("ada", ada), ("root", root)] {
                for path in paths.sorted() {
                    let answer = try await head(path, visitor(server, as: client))
                    let get = try await visitor(server, as: client).get(path)
                    #expect(answer.status == get.status, "\(path) as \(who)")
                    #expect(answer.headers["content-type"] == get.headers["content-type"], "\(path) as \(who)")
                    #expect(answer.location == get.location, "\(path) as \(who)")
                    // The measurements and ids of two requests differ in length now and then; 0 would be a lie.
                    #expect(answer.headers["content-length"] != "0" || get.html.isEmpty, "\(path) as \(who)")
                }
            }
        }
    }

    @Test func ofAListItMakesNoQuery() async throws {
        try await TestServer.withServer(on: [.sqlite], multiTenant: false) { server in
            let (root, _) = try await server.makeAdmin()
            for table in Set(Self.lists.map(\.table)) {
                try await server.manager.main.transaction {
                    _ = try await $0.execute("ALTER TABLE \(table) RENAME TO Away_\(table)")
                }
            }
            for (path, _) in Self.lists {
                let answer = try await head(path, visitor(server, as: root))
                #expect(answer.status == 200, "\(path)")
                #expect(answer.headers["content-length"] == nil, "\(path): only the content would tell")
                guard !path.hasSuffix("export") else { continue }
                #expect(try await visitor(server, as: root).get(path).status >= 500, "\(path) needs its table")
            }
        }
    }

    /// What follows on the connection is the next answer, whatever HEAD was for.
    @Test func nothingFollowsIt() async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, _) = try await server.client.register("ada")
            let fields = "Host: localhost\r\nAuthorization: Bearer \(ada.token ?? "")\r\n\r\n"
            let paths = ["/api/tasks", "/api/me/export", "/nothing", "/api/tasks?limit=0", "/api/me", "/openapi.yaml"]
            let connection = try RawConnection(port: server.client.port)
            connection.send(paths.map { "HEAD \($0) HTTP/1.1\r\n\(fields)" }.joined())
            connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            let received = try await connection.receive(until: #"{"status":"ok"}"#)
            #expect(received.statuses == [200, 200, 404, 422, 200, 200, 200])
            let answers = received.text.components(separatedBy: "\r\n\r\n")
            #expect(answers.count == paths.count + 2)
            #expect(answers.dropLast().allSatisfy { $0.hasPrefix("HTTP/1.1 ") }, "\(received.text)")
            #expect(answers.last == #"{"status":"ok"}"#)
            let old = try RawConnection(port: server.client.port)
            old.send("HEAD /api/tasks HTTP/1.0\r\n\(fields)")
            let text = try await old.receive().text
            #expect(text.hasPrefix("HTTP/1.0 200") && text.hasSuffix("\r\n\r\n"), "\(text)")
            #expect(!text.lowercased().contains("transfer-encoding"), "\(text)")
        }
    }
}
