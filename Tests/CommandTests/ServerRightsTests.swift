import PostgreSQLEngine
import Tenancy
import Testing
import UnifyTesting

/// A server whose maintenance database users' logins could get into is neither registered nor used.
@Suite(.timeLimit(.minutes(5))) struct ServerRightsTests {
    @Test func aServerThatIsOpenIsRefusedAndOneThatWasOpenedLaterIsReported() async throws {
        let folder = try TemporaryFolder()
        let server = try TestDatabaseServer.shared(.postgresql)
        let (port, login) = (try #require(server.location.port), try #require(server.location.login))
        let name = "maintenance_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        func administer(_ statements: String...) async throws {
            try await TestDatabaseServer.administer(PostgreSQLEngine(), statements)
        }
        func unify(_ arguments: String..., input: String? = nil) async throws -> UnifyProcess.Result {
            try await UnifyProcess.run(
                arguments, folder: folder.path,
                environment: ["MULTI_TENANT_MODE": "true", "UNIFY_POSTGRESQL_MAINTENANCE_DATABASE": name], input: input)
        }
        func add() async throws -> UnifyProcess.Result {
            try await unify(
                "server", "add", "pg", "--engine", "postgresql", "--host", "127.0.0.1", "--port", "\(port)", "--login",
                login.name, "--password-stdin", input: login.password.unsafeReveal() + "\n")
        }
        try await administer("CREATE DATABASE \(name) TEMPLATE template0")
        do {
            #expect(try await unify("setup", "create-table").status == 0)
            let refused = try await add()
            #expect(refused.status == 1)
            #expect(refused.errors.contains("REVOKE ALL ON DATABASE \"\(name)\" FROM PUBLIC;"), "\(refused.errors)")
            #expect(try await !unify("server", "list").output.contains("pg"))
            try await administer(
                "GRANT CONNECT ON DATABASE \(name) TO \(login.name)", "REVOKE ALL ON DATABASE \(name) FROM PUBLIC")
            let added = try await add()
            #expect(added.status == 0, "\(added.errors)")
            // Other suites' databases on this server may be faults of their own.
            #expect(try await !unify("doctor").output.contains("server_rights"))
            try await administer("GRANT CONNECT ON DATABASE \(name) TO PUBLIC")
            let doctor = try await unify("doctor")
            #expect(doctor.status == 1)
            #expect(doctor.output.contains("FAULT  server_rights"), "\(doctor.output)")
            let made = try await unify(
                "user", "create", "--username", "ada", "--email", "ada@example.org", "--server", "pg",
                "--password-stdin", input: TestClient.password + "\n")
            #expect(made.status == 1)
            #expect(made.errors.contains("Every login may connect to the database \(name)"), "\(made.errors)")
            #expect(try await !unify("user", "list").output.contains("ada"))
        } catch {
            try await administer("DROP DATABASE \(name) WITH (FORCE)")
            throw error
        }
        try await administer("DROP DATABASE \(name) WITH (FORCE)")
    }
}
