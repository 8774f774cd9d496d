import PostgreSQLEngine
import Tenancy
import Testing
import UnifyTesting

/// The remedies for databases on servers, followed as the doctor prints them.
@Suite(.timeLimit(.minutes(5))) struct DoctorServerRemedyTests {
    @Test func aRefusedLoginAndAnOrphanAreMendedAsPrinted() async throws {
        var fixture = try await DoctorFixture()
        let location = try TestDatabaseServer.shared(.postgresql).location
        let (port, login) = (try #require(location.port), try #require(location.login))
        let prefix = "user_d" + String(UInt32.random(in: 0 ... .max), radix: 36) + "_"
        fixture.environment["UNIFY_DATABASE_PREFIX"] = prefix
        func unify(_ arguments: [String], input: String) async throws {
            let result = try await UnifyProcess.run(
                arguments, folder: fixture.folder.path, environment: fixture.environment, input: input + "\n")
            #expect(result.status == 0, "\(result.errors)")
        }
        try await unify(
            [
                "server", "add", "pg", "--engine", "postgresql", "--host", "127.0.0.1", "--port", "\(port)", "--login",
                login.name, "--password-stdin",
            ], input: login.password.unsafeReveal())
        try await unify(
            [
                "user", "create", "--username", "bob", "--email", "bob@example.org", "--server", "pg",
                "--password-stdin",
            ], input: TestClient.password)
        func administer(_ sql: String) async throws {
            try await TestDatabaseServer.administer(PostgreSQLEngine(), [sql])
        }
        try await administer("ALTER ROLE \"\(prefix)2\" PASSWORD 'another'")
        try await fixture.follow("login_refused")
        try await administer("CREATE DATABASE \(prefix)9_db")
        try await fixture.mended("orphan_database", says: "DROP DATABASE \(prefix)9_db") {
            try await administer("DROP DATABASE \(prefix)9_db")
        }
        try await unify(["user", "delete", "2", "--yes"], input: "")
        try await unify(["user", "purge", "2", "--now", "--yes"], input: "")
    }
}
