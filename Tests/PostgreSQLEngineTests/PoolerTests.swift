import Foundation
import Tenancy
import Testing
import UnifyTesting

@testable import PostgreSQLEngine

/// PgBouncer in front of the server: refused for what it is, wherever a server or a main database is named.
@Suite(.timeLimit(.minutes(2))) struct PoolerTests {
    private let engine = PostgreSQLEngine()

    /// Lends the place where PgBouncer listens, in front of the server that all tests share.
    private func withPooler(_ settings: String, _ body: (DatabaseLocation) async throws -> Void) async throws {
        let server = try TestDatabaseServer.shared(.postgresql).location
        let (serverPort, login) = (try #require(server.port), try #require(server.login))
        let folder = try TemporaryFolder()
        let port = try LoopbackListener().port
        try """
        [databases]
        * = host=127.0.0.1 port=\(serverPort)
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = \(port)
        unix_socket_dir =
        auth_type = scram-sha-256
        auth_file = \(folder.path)/users
        \(settings)
        """.write(toFile: "\(folder.path)/pgbouncer.ini", atomically: true, encoding: .utf8)
        try "\"\(login.name)\" \"\(login.password.unsafeReveal())\"\n"
            .write(toFile: "\(folder.path)/users", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let pooler = try ChildProcess(
            ["/usr/sbin/pgbouncer"] + (getuid() == 0 ? ["-u", "nobody"] : []) + ["-q", "\(folder.path)/pgbouncer.ini"],
            output: .nothing, errors: .nothing)
        defer { pooler.send(SIGKILL) }
        var place = server
        place.port = port
        // The first connection that is answered at all ends the wait; the suite's time limit the rest.
        while try await isAway(place) { try await Task.sleep(for: .milliseconds(25)) }
        try await body(place)
    }

    private func isAway(_ place: DatabaseLocation) async throws -> Bool {
        var place = place
        place.name = "postgres"
        return try await code { try await engine.connect(to: place, as: .user).close() } == .connectionFailed
    }

    @Test(arguments: [
        "pool_mode = session", "pool_mode = transaction",
        "pool_mode = session\nignore_startup_parameters = options,extra_float_digits,IntervalStyle",
        "pool_mode = transaction\nignore_startup_parameters = options,extra_float_digits",
    ]) func aPoolerIsRefusedForWhatItIs(settings: String) async throws {
        try await withPooler(settings) { place in
            var main = place
            main.name = "postgres"
            var users = place
            users.name = "postgres"
            users.provisioningLogin = place.login
            for body in [
                { _ = try await engine.inspectServer(place, namePrefix: "user_") },
                { try await engine.connect(to: main, as: .main).close() },
                { try await engine.connect(to: users, as: .user).close() },
                { try await engine.makeDatabase(at: main, schema: TestDatabase.schema, identity: nil) },
            ] as [() async throws -> Void] {
                let error = await #expect(throws: TenancyError.self) { try await body() }
                #expect(error?.code == .invalidConfiguration, "\(String(describing: error))")
                #expect(error?.message.contains("is a connection pooler, such as PgBouncer") == true)
                #expect(error?.message.contains("Give the host and port of the server.") == true)
                #expect(
                    settings.contains("ignore") || error?.message.contains("unsupported startup parameter") == true,
                    "\(String(describing: error))")
            }
        }
    }

    /// One that hands on every setting would still be found by the number of the server's process.
    @Test func theServerItselfIsTaken() async throws {
        let server = try TestDatabaseServer.shared(.postgresql)
        #expect(try await engine.inspectServer(server.location, namePrefix: "user_").missing == [])
    }

    /// libpq takes what a connection is not told from the environment; another program's settings are none of ours.
    @Test func theEnvironmentChangesNothing() async throws {
        // What libpq itself passes over: other tests connect meanwhile.
        for name in ["PGTZ", "PGDATESTYLE", "PGGEQO"] { setenv(name, "default", 1) }
        let engine = PostgreSQLEngine()
        for name in PostgreSQLEnvironment.variables { #expect(getenv(name) == nil, "\(name)") }
        setenv("PGAPPNAME", "reports", 1)
        defer { unsetenv("PGAPPNAME") }
        var place = try TestDatabaseServer.shared(.postgresql).location
        place.name = "postgres"
        let connection = try await engine.connect(to: place, as: .main)
        let rows = try await connection.query(
            SQLStatement("SELECT pg_catalog.current_setting('application_name') AS Name"),
            limits: StatementLimits(access: .read))
        #expect(try rows.first?.text("Name") == "unify")
        await connection.close()
    }
}
