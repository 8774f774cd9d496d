import PostgreSQLEngine
import Tenancy
import Testing
import UnifyTesting

/// `unify setup init` with a database of the operator's own.
@Suite(.timeLimit(.minutes(5))) struct AttachCommandTests {
    @Test func onlyListedHostsAreAttachedAndAFailureLocksNobodyOut() async throws {
        let folder = try TemporaryFolder()
        let server = try TestDatabaseServer.shared(.postgresql)
        let database = try await server.newEmptyDatabase(on: PostgreSQLEngine())
        let (port, login) = (try #require(database.port), try #require(database.login))
        for name in ["ada", "bob"] {
            let made = try await UnifyProcess.run(
                ["user", "create", "--username", name, "--email", "\(name)@example.org", "--password-stdin"],
                folder: folder.path, environment: [:], input: TestClient.password + "\n")
            #expect(made.status == 0, "\(made.errors)")
        }
        func attach(_ user: String, hosts: String, port: Int, password: String) async throws -> UnifyProcess.Result {
            try await UnifyProcess.run(
                [
                    "setup", "init", user, "--engine", "postgresql", "--host", "127.0.0.1", "--port", "\(port)",
                    "--name", database.name ?? "", "--login", login.name, "--password-stdin",
                ], folder: folder.path, environment: ["MULTI_TENANT_MODE": "true", "UNIFY_ATTACH_HOSTS": hosts],
                input: password + "\n")
        }
        let good = login.password.unsafeReveal()
        for hosts in ["", "db.example.org", "127.0.0.1:9"] {
            let refused = try await attach("ada", hosts: hosts, port: port, password: good)
            #expect(refused.status == 1)
            #expect(refused.errors.contains("UNIFY_ATTACH_HOSTS=127.0.0.1:\(port)"), "\(refused.errors)")
        }
        for (wrongPort, password) in [(port, "wrong"), (9, good)] {
            let failed = try await attach("ada", hosts: "127.0.0.1", port: wrongPort, password: password)
            #expect(failed.status == 1)
            #expect(failed.errors.contains("The database was not attached, and nothing was kept"), "\(failed.errors)")
            #expect(failed.errors.contains("127.0.0.1:\(wrongPort)"), "\(failed.errors)")
        }
        let attached = try await attach("ada", hosts: "db.example.org, 127.0.0.1:\(port)", port: port, password: good)
        #expect(attached.status == 0, "\(attached.errors)")
        // Another user, for whom it failed, gets a file at once.
        #expect(try await attach("bob", hosts: "127.0.0.1", port: 9, password: good).status == 1)
        let made = try await UnifyProcess.run("setup", "init", "bob", folder: folder.path)
        #expect(made.status == 0, "\(made.errors)")
    }
}
