import Tenancy
import Testing
import UnifyTesting

/// What is done to a registered server by command, beside the users whose databases are there.
@Suite(.timeLimit(.minutes(5))) struct ServerCommandTests {
    private let folder: TemporaryFolder
    private let prefix = "user_c" + String(UInt32.random(in: 0 ... .max), radix: 36) + "_"

    init() throws { folder = try TemporaryFolder() }

    private func unify(_ arguments: String..., input: String? = nil) async throws -> UnifyProcess.Result {
        try await UnifyProcess.run(
            arguments, folder: folder.path,
            environment: ["MULTI_TENANT_MODE": "true", "UNIFY_DATABASE_PREFIX": prefix], input: input)
    }

    /// Does to the main database what the program itself never does.
    private func execute(_ sql: String) throws {
        let script = "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute(sys.argv[2]); d.commit()"
        #expect(
            try ChildProcess.run(["/usr/bin/env", "python3", "-c", script, "\(folder.path)/data/main.db", sql]) == 0)
    }

    private func succeed(_ result: UnifyProcess.Result, says words: String = "") {
        #expect(result.status == 0, "\(result.errors)")
        #expect(words.isEmpty || result.output.contains(words), "\(result.output)")
    }

    private func fail(_ result: UnifyProcess.Result, says words: String, status: Int32 = 1) {
        #expect(result.status == status, "\(result.output)")
        #expect(result.errors.contains(words), "\(result.errors)")
    }

    @Test(arguments: [EngineKind.postgresql, .mysql])
    func itIsShownTestedChangedAndRemoved(engine: EngineKind) async throws {
        let location = try TestDatabaseServer.shared(engine).location
        let (port, login) = (try #require(location.port), try #require(location.login))
        succeed(try await unify("setup", "create-table"))
        succeed(
            try await unify(
                "server", "add", "s1", "--engine", engine.rawValue, "--host", "127.0.0.1", "--port", "\(port)",
                "--login",
                login.name, "--password-stdin", input: login.password.unsafeReveal() + "\n"))
        succeed(
            try await unify(
                "user", "create", "--username", "ada", "--email", "ada@example.org", "--server", "s1",
                "--password-stdin", input: TestClient.password + "\n"))
        succeed(try await unify("server", "test", "s1"), says: "can be used")
        let shown = try await unify("server", "show", "s1")
        succeed(shown, says: "address: 127.0.0.1:\(port)")
        #expect(shown.output.contains("users' databases: 1"))
        #expect(!shown.output.contains(login.password.unsafeReveal()))
        succeed(try await unify("database", "list", "--server", "s1"), says: "\(prefix)1_db")

        try await change(port: port)
        try await remove()
    }

    private func change(port: Int) async throws {
        fail(try await unify("server", "set", "s1"), says: "Say what is to change", status: 64)
        // Nothing answers there; then not with that password; then the databases are not there.
        for result in [
            try await unify("server", "set", "s1", "--port", "9"),
            try await unify("server", "set", "s1", "--password-stdin", input: "wrong\n"),
        ] { #expect(result.status == 1, "\(result.output)") }
        try execute("UPDATE User_Database_Config SET DB_Name = '\(prefix)gone'")
        fail(try await unify("server", "set", "s1", "--host", "127.1", "--tls", "prefer"), says: "\(prefix)gone")
        try execute("UPDATE User_Database_Config SET DB_Name = '\(prefix)1_db'")
        succeed(try await unify("server", "show", "s1"), says: "address: 127.0.0.1:\(port)")
        succeed(try await unify("server", "test", "s1"))
        // Another name of the same server: the user's password must open for it.
        succeed(try await unify("server", "set", "s1", "--host", "127.1", "--tls", "prefer"))
        succeed(try await unify("database", "info", "1"), says: "127.1")
        succeed(try await unify("setup", "test", "1"))
        succeed(try await unify("database", "rotate-password", "1"))
        succeed(try await unify("server", "set", "s1", "--max-connections", "7", "--region", "eu"))
        let shown = try await unify("server", "show", "s1")
        #expect(shown.output.contains("at most 7") && shown.output.contains("region: eu"))
        #expect(shown.output.contains("address: 127.1:\(port)"))
    }

    private func remove() async throws {
        let refused = try await unify("server", "remove", "s1", "--yes")
        fail(refused, says: "holds 1 users' databases")
        #expect(refused.errors.contains("unify database list --server s1"))
        succeed(try await unify("user", "delete", "1", "--yes"))
        succeed(try await unify("user", "purge", "1", "--now", "--yes"))
        fail(try await unify("server", "remove", "s1"), says: "--yes", status: 64)
        succeed(try await unify("server", "list"), says: "s1")
        succeed(try await unify("server", "remove", "s1", "--yes"), says: "Removed the server s1.")
        #expect(try await !unify("server", "list").output.contains("s1"))
        fail(try await unify("server", "remove", "s1", "--yes"), says: "There is no server s1")
        let audit = try await unify("audit", "list", "--action", "server.")
        for words in ["server.add", "server.set", "address 127.1", "7 connections, region eu", "server.remove"] {
            #expect(audit.output.contains(words), "\(audit.output)")
        }
    }
}
