import Foundation
import TenancyTesting
import Testing
import UnifyTesting

/// The `unify` program as an operator uses it.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct CommandLineTests {
    private func createUser(_ name: String, _ more: String..., folder: String) async throws -> UnifyProcess.Result {
        var arguments = ["user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin"]
        arguments += more
        return try await UnifyProcess.run(
            arguments, folder: folder, environment: ["MULTI_TENANT_MODE": "true"], input: TestClient.password + "\n")
    }

    @Test func invitationsAreMadeListedAndRevoked() async throws {
        let folder = try TemporaryFolder()
        #expect(try await UnifyProcess.run("setup", "create-table", folder: folder.path).status == 0)
        let made = try await UnifyProcess.run(
            "user", "invite", "--email", "ada@example.org", "--expires", "2d", "--json", folder: folder.path)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("/sign-up?invitation="))
        let list = try await UnifyProcess.run("user", "invites", folder: folder.path)
        #expect(list.output.contains("ada@example.org") && list.output.contains("open"))
        #expect(try await UnifyProcess.run("user", "uninvite", "1", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "uninvite", "1", folder: folder.path).status == 1)
        #expect(try await !UnifyProcess.run("user", "invites", folder: folder.path).output.contains("ada@example.org"))
        #expect(try await UnifyProcess.run("user", "invite", "--expires", "soon", folder: folder.path).status == 64)
    }

    @Test func helpNamesCommandsAndExitsWithZero() async throws {
        let folder = try TemporaryFolder()
        let help = try await UnifyProcess.run("--help", folder: folder.path)
        #expect(help.status == 0)
        for command in ["serve", "setup", "user", "database", "doctor"] { #expect(help.output.contains(command)) }
        let serve = try await UnifyProcess.run("serve", "--help", folder: folder.path)
        #expect(serve.output.contains("UNIFY_POOL_SIZE"))
    }

    @Test(arguments: [
        ["nonsense"], ["user", "create"], ["setup", "init"], ["setup", "init", "1", "--all"], ["serve", "--port", "x"],
        ["setup", "init", "1", "--engine", "oracle"], ["user", "create", "--username", "a b", "--email", "a@b"],
    ])
    func wrongUsageExitsWith64(arguments: [String]) async throws {
        let folder = try TemporaryFolder()
        let result = try await UnifyProcess.run(arguments, folder: folder.path, environment: [:], input: nil)
        #expect(result.status == 64, "\(result.errors)")
    }

    @Test func anUnknownOrBadSettingStopsTheStart() async throws {
        let folder = try TemporaryFolder()
        for (name, value) in [
            ("UNIFY_PORTT", "1"), ("UNIFY_PORT", "many"), ("UNIFY_POOL_SIZE", "0"), ("MULTI_TENANT_MODE", "perhaps"),
        ] {
            let result = try await UnifyProcess.run(
                ["serve"], folder: folder.path, environment: [name: value], input: nil)
            #expect(result.status == 1)
            #expect(result.errors.contains(name))
        }
    }

    @Test func aDotEnvFileIsReadAndTheEnvironmentWins() async throws {
        let folder = try TemporaryFolder()
        try "MULTI_TENANT_MODE=true\nUNIFY_PORT=nonsense\n".write(
            toFile: "\(folder.path)/.env", atomically: true, encoding: .utf8)
        let bad = try await UnifyProcess.run(
            ["setup", "create-table"], folder: folder.path, environment: [:], input: nil)
        #expect(bad.status == 1 && bad.errors.contains("UNIFY_PORT"))
        let good = try await UnifyProcess.run(
            ["setup", "create-table"], folder: folder.path, environment: ["UNIFY_PORT": "5001"], input: nil)
        #expect(good.status == 0)
    }

    @Test func aUserIsMadeShownSuspendedAndResumed() async throws {
        let folder = try TemporaryFolder()
        let made = try await createUser("ada", "--admin", "--json", folder: folder.path)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.contains("\"is_admin\" : true"))
        #expect(made.output.contains("\"database_state\" : \"active\""))
        #expect(try await createUser("ada", folder: folder.path).status == 1)
        #expect(try await createUser("bob", folder: folder.path).status == 0)
        let list = try await UnifyProcess.run("user", "list", folder: folder.path)
        #expect(list.output.contains("ada") && list.output.contains("bob"))
        #expect(try await UnifyProcess.run("user", "suspend", "2", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "show", "bob", folder: folder.path).output.contains("suspended"))
        #expect(try await UnifyProcess.run("user", "resume", "2", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "show", "9", folder: folder.path).status == 1)
        let last = try await UnifyProcess.run("user", "suspend", "1", folder: folder.path)
        #expect(last.status == 1 && last.errors.contains("last administrator"))
        let info = try await UnifyProcess.run("database", "info", "1", "--json", folder: folder.path)
        #expect(info.status == 0 && info.output.contains("users/01/user_1.db"))
        #expect(try await UnifyProcess.run("database", "list", folder: folder.path).output.contains("user_2.db"))
        #expect(try await UnifyProcess.run("database", "stats", folder: folder.path).output.contains("databases: 2"))
    }

    @Test func theMenuWorksFromAPipe() async throws {
        let folder = try TemporaryFolder()
        let shared = ["MULTI_TENANT_MODE": "false"]
        let first = try await UnifyProcess.run(["setup"], folder: folder.path, environment: shared, input: "1\n5\n")
        #expect(first.status == 0 && first.output.contains("configuration table is ready"))
        for name in ["ada", "bob", "eve"] {
            let made = try await UnifyProcess.run(
                ["user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin"],
                folder: folder.path, environment: shared, input: TestClient.password + "\n")
            #expect(made.status == 0)
        }
        let menu = try await UnifyProcess.run(
            ["setup"], folder: folder.path, environment: shared, input: "2\n1\n3\n4\n2\n9\n")
        #expect(menu.status == 0, "\(menu.errors)")
        #expect(menu.output.contains("Made the sqlite database user_1.db"))
        #expect(menu.output.contains("Made 2 databases; 0 failed."))
        #expect(menu.output.contains("The database of user 2 is well."))
        #expect(menu.output.contains("Type a number from 1 to 5."))
    }

    @Test func commandsTakeEffectInARunningServer() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let (ada, id) = try await client.register("ada")
        #expect(try await ada.get("/api/tasks").status == 200)
        #expect(try await ada.get("/admin/users").status == 403)
        #expect(try await UnifyProcess.run("user", "set-admin", "\(id)", folder: folder.path).status == 0)
        try await eventually("set-admin takes effect") { try await ada.get("/admin/users").status == 200 }
        #expect(try await UnifyProcess.run("user", "set-admin", "\(id)", "--off", folder: folder.path).status == 1)
        #expect(try await createUser("root", "--admin", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "suspend", "\(id)", folder: folder.path).status == 0)
        try await eventually("suspend takes effect") { try await ada.get("/api/tasks").status == 401 }
        #expect(try await UnifyProcess.run("user", "resume", "\(id)", folder: folder.path).status == 0)
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        let again = client.with(token: login.json["token"] as? String)
        try await eventually("resume takes effect") { try await again.get("/api/tasks").status == 200 }
    }

    @Test func aDeletedUserIsRefusedAndComesBackWithTheirData() async throws {
        let folder = try TemporaryFolder()
        let (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let (ada, id) = try await client.register("ada")
        #expect(try await ada.post("/api/tasks", ["title": "kept"]).status == 201)
        let login = ["username": "ada", "password": TestClient.password]
        #expect(try await UnifyProcess.run("user", "delete", "\(id)", folder: folder.path).status == 0)
        #expect(try await client.post("/api/login", login).status == 403)
        try await eventually("delete takes effect") { try await ada.get("/api/tasks").status == 401 }
        let shown = try await UnifyProcess.run("user", "show", "ada", folder: folder.path)
        #expect(shown.output.contains("state: deleted"))
        let resumed = try await UnifyProcess.run("user", "resume", "ada", folder: folder.path)
        #expect(resumed.status == 1 && resumed.errors.contains("unify user restore \(id)"))
        #expect(try await client.post("/api/login", login).status == 403)
        #expect(try await UnifyProcess.run("user", "restore", "ada", folder: folder.path).status == 0)
        let again = try await client.post("/api/login", login)
        #expect(again.status == 200)
        let back = client.with(token: again.json["token"] as? String)
        try await eventually("restore takes effect") { try await back.get("/api/tasks").status == 200 }
        #expect(try await back.get("/api/tasks").items.map { $0["title"] as? String } == ["kept"])
        #expect(try await ada.get("/api/tasks").status == 401)
    }

    @Test func theLastAdministratorIsNotDeleted() async throws {
        let folder = try TemporaryFolder()
        #expect(try await createUser("root", "--admin", folder: folder.path).status == 0)
        #expect(try await createUser("ada", folder: folder.path).status == 0)
        let refused = try await UnifyProcess.run("user", "delete", "root", folder: folder.path)
        #expect(refused.status == 1 && refused.errors.contains("last administrator"))
        let shown = try await UnifyProcess.run("user", "show", "root", folder: folder.path)
        #expect(shown.output.contains("state: active"))
        #expect(try await createUser("second", "--admin", folder: folder.path).status == 0)
        #expect(try await UnifyProcess.run("user", "delete", "root", folder: folder.path).status == 0)
    }

    @Test func usersFromTheSharedTimeGetADatabaseWhenTheySignIn() async throws {
        let folder = try TemporaryFolder()
        var (process, client) = try await UnifyProcess.serve(
            folder: folder.path, environment: ["MULTI_TENANT_MODE": "false"])
        let (ada, _) = try await client.register("ada")
        _ = try await ada.post("/api/tasks", ["title": "shared"])
        #expect(await process.terminate() == 0)
        #expect(try await UnifyProcess.run("mode", "set", "multi-tenant", "--yes", folder: folder.path).status == 0)
        (process, client) = try await UnifyProcess.serve(folder: folder.path)
        defer { process.killHard() }
        let login = try await client.post("/api/login", ["username": "ada", "password": TestClient.password])
        #expect(login.status == 200)
        let signedIn = client.with(token: login.json["token"] as? String)
        #expect(try await signedIn.get("/api/tasks").items.isEmpty)
        #expect(process.log.contains("migrate-from-shared"))
        #expect(FileManager.default.fileExists(atPath: "\(folder.path)/data/users/01/user_1.db"))
    }
}
