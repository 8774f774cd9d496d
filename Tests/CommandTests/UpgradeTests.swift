import Foundation
import Tenancy
import Testing
import UnifyApp
import UnifyTesting

/// Installations of older versions, upgraded in place by the first start of this one.
@Suite(.timeLimit(.minutes(5))) struct UpgradeTests {
    private func run(_ arguments: String..., in installation: OlderInstallation) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: installation.folder.path, environment: installation.environment, input: nil)
    }

    private func with(
        _ version: String, at place: TestPlace, _ body: @Sendable (OlderInstallation) async throws -> Void
    ) async throws {
        try await place.whileOthersWait {
            let installation = try await OlderInstallation(version, at: place)
            do {
                try await body(installation)
            } catch {
                try await installation.remove()
                throw error
            }
            try await installation.remove()
        }
    }

    @Test(arguments: OlderInstallation.versions, OlderInstallation.places)
    func everythingIsThereAfterTheFirstStart(version: String, place: TestPlace) async throws {
        try await with(version, at: place) { installation in
            for command in [["user", "list"], ["doctor"]] {
                let refused = try await UnifyProcess.run(
                    command, folder: installation.folder.path, environment: installation.environment, input: nil)
                #expect(refused.status == 1, "\(command)")
                #expect((refused.output + refused.errors).contains("unify setup create-table"), "\(command)")
            }
            let (server, client) = try await UnifyProcess.serve(
                folder: installation.folder.path, environment: installation.environment)
            try await expectUsers(client)
            #expect(await server.terminate() == 0)
            try await expectRecord(installation, place)
            let list = try await run("user", "list", "--json", in: installation)
            #expect(list.status == 0, "\(list.errors)")
            for name in ["ada", "bob", "cyd", "dan"] { #expect(list.output.contains("\"\(name)\"")) }
            #expect(!list.output.contains("\"eve\""))
            let doctor = try await run("doctor", "--json", in: installation)
            #expect(doctor.status == 0, "\(doctor.output)")
            #expect(!doctor.output.contains("audit_log_broken"))
            #expect(try await run("setup", "create-table", in: installation).status == 0, "it can be repeated")
        }
    }

    private func expectUsers(_ client: TestClient) async throws {
        func signIn(_ name: String) async throws -> TestClient.Answer {
            try await client.post("/api/login", ["username": name, "password": TestClient.password])
        }
        let bob = client.with(token: try await signIn("bob").json["token"] as? String)
        let tasks = try await bob.get("/api/tasks").items.compactMap { $0["title"] as? String }
        #expect(Set(tasks) == ["Buy milk", "Übung macht den Meister"])
        let notes = try await bob.get("/api/notes")
        #expect(notes.status == 200)
        #expect(notes.items.first?["body"] as? String == "first line\nsecond line", "\(notes.text)")
        #expect(try await bob.get("/api/events").items.first?["location"] as? String == "Home")
        #expect(try await bob.post("/api/tasks", ["title": "New"]).status == 201)
        #expect(try await signIn("cyd").status != 200, "suspended")
        #expect(try await signIn("dan").status != 200, "deleted")
        let ada = client.with(token: try await signIn("ada").json["token"] as? String)
        #expect(try await ada.get("/admin/users").status == 200)
        #expect(try await ada.get("/admin/jobs").status == 200)
    }

    /// Every migration is recorded in the line of its component, with its checksum and the date of the older record.
    private func expectRecord(_ installation: OlderInstallation, _ place: TestPlace) async throws {
        let dialect = place.engine.dialect
        let sql = """
            SELECT Component, Version, Name, Checksum, Applied_Date FROM Schema_Migrations ORDER BY Migration_ID
            """
        let rows = try await place.engine.withConnection(to: installation.main, as: .main) {
            try await $0.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        }
        let schema = AppSchema.mainDatabase
        for component in [MigrationComponent.library, .application] {
            let own = try rows.filter { try $0.text("Component") == component.rawValue }
                .sorted { try $0.integer("Version") < $1.integer("Version") }
            #expect(try own.map { try $0.integer("Version") } == schema[component].map { Int64($0.version) })
            #expect(try own.map { try $0.text("Name") } == schema[component].map(\.name))
            #expect(try own.map { try $0.text("Checksum") } == schema[component].map { $0.checksum(in: dialect) })
        }
        // A program from before components takes this for a newer schema than its own.
        #expect(try rows.map { try $0.integer("Version") }.max() == 1_000_002)
        let firstOfOlder = try #require(Timestamp(rfc3339: "2026-11-29T00:00:00.000Z"))
        #expect(try rows.filter { try $0.timestamp("Applied_Date") < firstOfOlder }.count >= 20)
    }

    /// Two servers of the new version, as where one machine's is replaced while another one starts.
    @Test(arguments: OlderInstallation.versions, OlderInstallation.places)
    func twoFirstStartsAtOnceBothServe(version: String, place: TestPlace) async throws {
        try await with(version, at: place) { installation in
            func serve() async throws -> (process: UnifyProcess, client: TestClient) {
                try await UnifyProcess.serve(folder: installation.folder.path, environment: installation.environment)
            }
            async let first = serve()
            async let second = serve()
            for (process, client) in [try await first, try await second] {
                let answer = try await client.post(
                    "/api/login", ["username": "bob", "password": TestClient.password])
                #expect(answer.status == 200)
                process.killHard()
            }
            try await expectRecord(installation, place)
        }
    }
}
