import Foundation
import Testing
import UnifyTesting

/// What the audit log tells of what commands do: who, what, to whom, and nothing that did not happen.
@Suite(.timeLimit(.minutes(5))) struct AuditTests {
    private struct Entry: Decodable, Equatable {
        let id: Int
        let actor: String
        let action: String
        let userId: Int?
        let detail: String?
    }

    private struct Page: Decodable {
        let items: [Entry]
    }

    private func entries(_ filter: String..., folder: String) async throws -> [Entry] {
        let found = try await UnifyProcess.run(
            ["audit", "list", "--json"] + filter, folder: folder, environment: ["MULTI_TENANT_MODE": "true"], input: nil
        )
        #expect(found.status == 0, "\(found.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Page.self, from: Data(found.output.utf8)).items.reversed()
    }

    private func unify(_ line: String, folder: String) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            line.split(separator: " ").map(String.init), folder: folder, environment: ["MULTI_TENANT_MODE": "true"],
            input: TestClient.password + "\n")
    }

    @Test func everyActIsWrittenDownOnceUnderTheNameOfWhoeverDidIt() async throws {
        let folder = try TemporaryFolder()
        // Each command, and what it must have added: repeated, or refused, nothing.
        let acts: [(line: String, action: String?, user: Int?)] = [
            ("user create --username root --email root@example.org --admin --password-stdin", "user.create", 1),
            ("user create --username ada --email ada@example.org --password-stdin", "user.create", 2),
            ("user suspend ada", "user.suspend", 2), ("user suspend ada", nil, nil),
            ("user restore ada", nil, nil), ("user resume ada", "user.resume", 2), ("user resume ada", nil, nil),
            ("user set-admin ada", "user.set_admin", 2), ("user set-admin ada", nil, nil),
            ("user set-admin ada --off", "user.set_admin", 2), ("user set-admin root --off", nil, nil),
            ("user delete ada", "user.delete", 2), ("user delete ada", nil, nil), ("user suspend ada", nil, nil),
            ("user restore ada", "user.restore", 2), ("user restore ada", nil, nil),
            ("user reset-second-factor ada --yes", nil, nil), ("setup init ada", nil, nil),
            ("database repair ada", nil, nil), ("database repair ada --start-empty --yes", nil, nil),
            ("user invite", "invitation.create", nil), ("user uninvite 1", "invitation.revoke", nil),
            ("user uninvite 1", nil, nil), ("key rotate", "key.rotate", nil),
            ("user list", nil, nil), ("doctor", nil, nil),
        ]
        var last = 0
        for act in acts {
            let result = try await unify(act.line, folder: folder.path)
            let new = try await entries(folder: folder.path).filter { $0.id > last && $0.action != "audit.begin" }
            #expect(new.map(\.action) == (act.action.map { [$0] } ?? []), "\(act.line): \(result.errors)")
            #expect(new.first?.userId == act.user, "\(act.line)")
            #expect(new.allSatisfy { $0.actor.hasPrefix("cli:") && $0.actor.contains("@") }, "\(act.line)")
            last = max(last, new.last?.id ?? 0)
        }
        let removed = try await unify("user delete ada", folder: folder.path)
        #expect(removed.status == 0)
        #expect(try await unify("user purge ada --now --yes", folder: folder.path).status == 0)
        let purge = try await entries("--action", "user.purge", folder: folder.path)
        #expect(purge.map(\.userId) == [2] && purge.first?.detail?.contains("username=ada") == true)
        #expect(try await unify("doctor", folder: folder.path).output.contains("The audit log is whole"))
    }

    @Test func entriesAreFoundByUserActorActionAndPeriod() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        _ = try await client.register("ada")
        for line in ["user suspend ada", "user resume ada"] {
            #expect(try await unify(line, folder: folder.path).status == 0)
        }
        let path = folder.path
        #expect(
            try await entries("--user", "ada", "--actor", "cli", folder: path).map(\.action) == [
                "user.suspend", "user.resume",
            ])
        #expect(try await entries("--actor", "ada", folder: path).map(\.action) == ["user.create"])
        #expect(try await entries("--action", "user.", folder: path).count == 3)
        #expect(try await entries("--action", "user.resume", "--from", "2020-01-01", folder: path).count == 1)
        #expect(try await entries("--to", "2020-01-01", folder: path).isEmpty)
        #expect(try await entries("--actor", "cli:nobody_", folder: path).isEmpty)
        #expect(try await unify("audit list --user nobody", folder: path).status == 1)
        #expect(try await unify("audit list --from yesterday", folder: path).status == 64)
        let csv = try await unify("audit export --csv --action user.", folder: path).output
        #expect(csv.hasPrefix("id,created_at,actor,action,user_id,username,detail\r\n"))
        #expect(csv.split(separator: "\r\n").count == 4)
        #expect(
            try await unify("audit export", folder: path).output.split(separator: "\n").allSatisfy { $0.hasPrefix("{") }
        )
        #expect(try await unify("user set-admin ada", folder: path).status == 0)
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        let ada = client.with(token: login.json["token"] as? String)
        let found = try await ada.get("/admin/audit?actor=cli&action=user.suspend")
        #expect(found.items.count == 1 && (found.items.first?["actor"] as? String)?.hasPrefix("cli:") == true)
        #expect(found.items.first?["username"] as? String == "ada")
        #expect(try await ada.get("/admin/audit?actor=nobody").status == 422)
        #expect(try await ada.get("/admin/audit?from=soon").status == 422)
    }

    /// A spreadsheet would take the cell for a formula. Reading commands do not tell which installation they change.
    @Test func aCellOfCSVIsNoFormula() async throws {
        let folder = try TemporaryFolder()
        let made = try await UnifyProcess.script(
            "unify setup create-table && unify user invite", folder: folder.path)
        #expect(made.status == 0, "\(made.errors)")
        let program = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        let sql = "UPDATE Audit_Log SET Detail = '=1+1'"
        let main = "\(folder.path)/data/main.db"
        #expect(try ChildProcess.run(["/usr/bin/env", "python3", "-c", program, main, sql]) == 0)
        let csv = try await unify("audit export --csv", folder: folder.path)
        #expect(csv.output.contains(",'=1+1\r\n") && !csv.errors.contains("Installation:"), "\(csv.output)")
    }

    /// The signal that ends a session does not end what nohup has begun.
    @Test func aCommandUnderNohupIgnoresTheHangUp() async throws {
        let folder = try TemporaryFolder()
        let done = try await UnifyProcess.script(
            "unify setup create-table && (trap '' HUP; unify setup init --all & kill -HUP $!; wait $!)",
            folder: folder.path)
        #expect(done.status == 0, "\(done.errors)")
    }

    @Test func sudoIsNoted() async throws {
        let folder = try TemporaryFolder()
        let made = try await UnifyProcess.script(
            "unify setup create-table && SUDO_USER=eve unify user invite", folder: folder.path)
        #expect(made.status == 0, "\(made.errors)")
        #expect(
            try await entries("--action", "invitation.", folder: folder.path).first?.actor.hasSuffix("(sudo by eve)")
                == true)
    }
}
