import Foundation
import Testing
import UnifyTesting

/// What users take along.
@Suite(.timeLimit(.minutes(15))) struct ExportTests {
    private static let script = """
        import io, json, sqlite3, sys, tempfile, zipfile
        archive = zipfile.ZipFile(sys.argv[1])
        assert archive.testzip() is None
        data = json.loads(archive.read("unify-export.json"))
        print(data["user"]["username"], [t["title"] for t in data["tasks"]], len(data["events"]), end=" ")
        files = [n for n in archive.namelist() if n.endswith(".db")]
        for name in files:
            with tempfile.NamedTemporaryFile() as file:
                file.write(archive.read(name)); file.flush()
                print([r[0] for r in sqlite3.connect(file.name).execute("SELECT Title FROM Tasks")], end="")
        """

    @Test(arguments: [true, false]) func aZipHoldsEverythingOfTheUserAndNothingElse(multiTenant: Bool) async throws {
        try await TestServer.withServer(multiTenant: multiTenant) { server in
            let (ada, _) = try await server.client.register("ada")
            let (bob, _) = try await server.client.register("bob")
            _ = try await ada.post("/api/tasks", ["title": "mine é"])
            _ = try await bob.post("/api/tasks", ["title": "his"])
            let answer = try await ada.get("/api/me/export")
            #expect(answer.status == 200)
            #expect(answer.header("Content-Type") == "application/zip")
            let path = "\(server.folder)/export.zip"
            try answer.body.write(to: URL(fileURLWithPath: path))
            let found = try python(path, folder: server.folder)
            #expect(
                found
                    == (multiTenant && server.place.server == nil ? "ada ['mine é'] 0 ['mine é']" : "ada ['mine é'] 0 ")
            )
        }
    }

    /// Opens the archive with other programs than the one that wrote it.
    /// A client that reads slowly can make an export last for hours.
    @Test(arguments: ["session", "access"]) func itEndsWithTheSessionOrTheAccess(of: String) async throws {
        try await TestServer.withServer(on: [.sqlite]) { server in
            let (ada, id) = try await server.client.register("ada")
            let note = String(repeating: "long ", count: 90_000)
            for _ in 1...30 {
                #expect(try await ada.post("/api/notes", ["title": "long", "body": note]).status == 201)
            }
            let (root, _) = try await server.makeAdmin()
            let opened = try await root.post("/admin/user/\(id)/access", ["reason": "Ticket 4711"])
            let token = of == "access" ? opened.json["token"] as? String : ada.token
            let connection = try RawConnection(port: server.client.port, receiveBuffer: 65_536)
            connection.send(
                "GET /api/me/export HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token ?? "")\r\n\r\n")
            #expect(try await connection.receive(answers: 1).statuses == [200])
            if of == "access" {
                let access = try #require(try await ada.get("/api/me/accesses").items.first?["id"] as? Int)
                #expect(try await ada.send("DELETE", "/api/me/accesses/\(access)").status == 204)
            } else {
                #expect(try await ada.post("/api/logout", [String: String]()).status == 204)
            }
            let (bytes, isClosed) = try await connection.receiveSlowly(
                1024 * 1024, every: .milliseconds(1), upTo: 30 * 450_000)
            #expect(isClosed, "the connection is closed before the end of the answer")
            #expect(bytes < 30 * 450_000)
        }
    }

    private func python(_ path: String, folder: String) throws -> String {
        let output = "\(folder)/python.txt"
        _ = FileManager.default.createFile(atPath: output, contents: nil)
        let status = try ChildProcess.run(
            ["/usr/bin/env", "PYTHONIOENCODING=utf-8", "python3", "-c", Self.script, path], output: .file(output))
        #expect(status == 0)
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}
