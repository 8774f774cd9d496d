import Foundation
import Testing
import UnifyTesting

/// The mode is a fact of the installation: whatever the settings say, nobody's data gets out of sight.
@Suite(.timeLimit(.minutes(5))) struct ModeTests {
    private let folder: TemporaryFolder
    private var main: String { "\(folder.path)/data/main.db" }

    init() throws { folder = try TemporaryFolder() }

    /// - Parameter mode: the value of the setting; empty for none.
    private func run(_ arguments: [String], mode: String = "", input: String? = nil) async throws -> UnifyProcess.Result
    {
        try await UnifyProcess.run(
            arguments, folder: folder.path, environment: ["MULTI_TENANT_MODE": mode], input: input)
    }

    private func createUser(_ name: String, mode: String = "") async throws -> UnifyProcess.Result {
        try await run(
            ["user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin"], mode: mode,
            input: TestClient.password + "\n")
    }

    /// Registers a user who writes a task, and stops the server.
    private func serveOnce(mode: String) async throws {
        let (server, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["MULTI_TENANT_MODE": mode])
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "kept"]).status == 201)
        #expect(await server.terminate() == 0)
    }

    private func execute(_ sql: String) throws {
        let program = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        #expect(try ChildProcess.run(["/usr/bin/env", "python3", "-c", program, main, sql]) == 0)
    }

    @Test(arguments: [("true", "false", "unify mode set single"), ("false", "true", "unify mode set multi-tenant")])
    func theOtherModeIsRefusedAndAnAbsentSettingIsNoContradiction(
        mode: String, other: String, command: String
    ) async throws {
        try await serveOnce(mode: mode)
        for arguments in [["serve"], ["user", "list"], ["setup", "init", "--all"]] {
            let refused = try await run(arguments, mode: other)
            #expect(refused.status == 1)
            #expect(refused.errors.contains(command), "\(refused.errors)")
        }
        #expect(try await createUser("eve", mode: other).status == 1)
        #expect(try await createUser("bob").status == 0)
        let shown = try await run(["user", "show", "bob"])
        #expect(shown.output.contains(mode == "true" ? "database: sqlite" : "database: none"), "\(shown.output)")
        let (server, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["MULTI_TENANT_MODE": ""])
        defer { server.killHard() }
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        let ada = client.with(token: login.json["token"] as? String)
        #expect(try await ada.get("/api/tasks").items.count == 1)
    }

    @Test func aNewInstallationIsSingleAndSaysSo() async throws {
        let (server, _) = try await UnifyProcess.serve(folder: folder.path, environment: ["MULTI_TENANT_MODE": ""])
        #expect(await server.terminate() == 0)
        #expect(server.log.contains("unify mode set multi-tenant"), "\(server.log)")
        #expect(server.log.contains("a new installation was made"))
        #expect(try await run(["mode", "show"]).output.contains("mode: single"))
    }

    /// Nobody had chosen it, and nothing is out of sight.
    @Test func aModeByDefaultGivesWayToASetting() async throws {
        #expect(try await run(["setup", "create-table"]).status == 0)
        #expect(try await run(["setup", "create-table"], mode: "true").status == 0)
        #expect(try await run(["mode", "show"]).output.contains("mode: multi-tenant"))
        #expect(try await run(["user", "list"], mode: "false").status == 1)
    }

    /// A server that runs in the mode by default would end.
    @Test func readingCommandsAndTheDoctorLeaveAModeByDefaultAsItIs() async throws {
        #expect(try await run(["setup", "create-table"]).status == 0)
        #expect(try await run(["user", "list"], mode: "true").status == 0)
        #expect(try await run(["doctor"], mode: "true").output.contains("mode_conflict") == false)
        #expect(try await run(["mode", "show"]).output.contains("mode: single"))
        // A user whom a command makes is to get a database where the setting says so.
        let made = try await createUser("eve", mode: "true")
        #expect(made.status == 0, "\(made.errors)")
        #expect(try await run(["mode", "show"]).output.contains("mode: multi-tenant"))
    }

    @Test func aChangeAsksAndEndsServersThatRun() async throws {
        let (server, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["MULTI_TENANT_MODE": "false"])
        defer { server.killHard() }
        let (ada, _) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "shared"]).status == 201)
        let unasked = try await run(["mode", "set", "multi-tenant"])
        #expect(unasked.status == 64)
        #expect(unasked.errors.contains("1 rows of 1 users in the shared tables (tasks: 1)"), "\(unasked.errors)")
        #expect(server.isRunning)
        let changed = try await run(["mode", "set", "multi-tenant", "--yes", "--json"])
        #expect(changed.status == 0 && changed.output.contains("\"changed\" : true"), "\(changed.errors)")
        #expect(await server.exitStatus() == 1)
        #expect(server.log.contains("was changed to multi-tenant"), "\(server.log)")
        let again = try await run(["mode", "set", "multi-tenant"])
        #expect(again.status == 0 && again.output.contains("already"))
        let back = try await run(["mode", "set", "single"])
        #expect(back.status == 0, "nobody has a database of their own yet: \(back.errors)")
        #expect(try await run(["mode", "set", "both"]).status == 64)
    }

    @Test func anOldInstallationHasTheModeOfWhatItHolds() async throws {
        try await serveOnce(mode: "true")
        try execute("DELETE FROM Installation")
        #expect(try await run(["user", "list"], mode: "false").status == 1)
        #expect(try await run(["mode", "show"]).status == 0)
        #expect(try await run(["user", "list"]).status == 0)
        #expect(try await run(["mode", "show"]).output.contains("mode: multi-tenant"))
        try execute("DELETE FROM Installation")
        try execute(
            """
            INSERT INTO Tasks (User_ID, Title, Created_Date, Updated_Date)
            VALUES (1, 'x', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')
            """)
        for mode in ["", "true", "false"] {
            let refused = try await run(["serve"], mode: mode)
            #expect(refused.status == 1)
            #expect(
                refused.errors.contains("unify mode set multi-tenant, or unify mode set single"), "\(refused.errors)")
        }
        #expect(try await run(["doctor"]).output.contains("mode_conflict"))
        #expect(try await run(["mode", "set", "multi-tenant", "--yes"]).status == 0)
        #expect(try await run(["user", "list"]).status == 0)
    }

    @Test func rowsWithoutDatabasesMakeAnOldInstallationSingle() async throws {
        try await serveOnce(mode: "false")
        try execute("DELETE FROM Installation")
        #expect(try await run(["user", "list"], mode: "true").status == 1)
        #expect(try await run(["user", "list"]).status == 0)
        #expect(try await run(["mode", "show"]).output.contains("mode: single"))
    }
}
