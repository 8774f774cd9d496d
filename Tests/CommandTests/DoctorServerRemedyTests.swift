import Foundation
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// The remedies for servers and for databases on them, followed as the doctor prints them.
@Suite(.timeLimit(.minutes(5))) struct DoctorServerRemedyTests {
    private let prefix = "user_d" + String(UInt32.random(in: 0 ... .max), radix: 36) + "_"

    private func engine(of kind: EngineKind) throws -> any DatabaseEngine {
        try #require(TestPlace.servers.first { $0.kind == kind }).engine
    }

    private func certificate() throws -> String {
        try #require(ProcessInfo.processInfo.environment["UNIFY_TEST_SERVERS"]) + "/certificate.pem"
    }

    /// An installation with this prefix, besides ada's.
    private func newFixture() async throws -> DoctorFixture {
        var fixture = try await DoctorFixture()
        fixture.environment["UNIFY_DATABASE_PREFIX"] = prefix
        return fixture
    }

    /// Registers a server as `s1`.
    private func add(
        _ server: TestDatabaseServer, as login: Login? = nil, host: String = "127.0.0.1", tls: String? = nil,
        to fixture: DoctorFixture
    ) async throws {
        let (port, login) = (try #require(server.location.port), try #require(login ?? server.location.login))
        let added = try await fixture.shell(
            """
            unify server add s1 --engine \(server.location.engine.rawValue) --host \(host) --port \(port) \
            --login \(login.name) --password-stdin \(tls.map { "--tls \($0)" } ?? "")
            """, input: login.password.unsafeReveal() + "\n")
        #expect(added.status == 0, "\(added.errors)")
    }

    /// Makes user 2, bob, whose database is on the server.
    private func addBob(to fixture: DoctorFixture) async throws {
        try await fixture.unify(
            "user", "create", "--username", "bob", "--email", "bob@example.org", "--server", "s1", "--password-stdin",
            input: TestClient.password + "\n")
    }

    private func removeBob(from fixture: DoctorFixture) async throws {
        try await fixture.unify("user", "delete", "2", "--yes")
        try await fixture.unify("user", "purge", "2", "--now", "--yes")
    }

    @Test func aRefusedLoginAndAnOrphanAreMendedAsPrinted() async throws {
        let fixture = try await newFixture()
        try await add(try .shared(.postgresql), to: fixture)
        try await addBob(to: fixture)
        func administer(_ sql: String) async throws {
            try await TestDatabaseServer.administer(try engine(of: .postgresql), [sql])
        }
        try await administer("ALTER ROLE \"\(prefix)2\" PASSWORD 'another'")
        try await fixture.follow("login_refused")
        try await administer("CREATE DATABASE \(prefix)9_db")
        try await fixture.mended("orphan_database", says: "DROP DATABASE \(prefix)9_db") {
            try await administer("DROP DATABASE \(prefix)9_db")
        }
        try await removeBob(from: fixture)
    }

    @Test func rowsWithPasswordsArePutBackAsPrinted() async throws {
        let fixture = try await newFixture()
        try await add(try .shared(.postgresql), to: fixture)
        try await addBob(to: fixture)
        let copy = "\(fixture.folder.path)/copy.db"
        try FileManager.default.copyDatabase(from: fixture.main, to: copy)
        func spoil(_ table: String, _ column: String) throws {
            try fixture.execute(
                "UPDATE \(table) SET \(column) = substr(\(column), 1, length(\(column)) - 4) || 'AAAA'",
                in: fixture.main)
        }
        try spoil("User_Database_Config", "DB_Password")
        try await fixture.mended("secret_does_not_open", says: "put back what stood in its row") {
            try await fixture.mended("unseal_failed", says: "what stood in its row of User_Database_Config") {
                try fixture.putBack(["User_Database_Config"], from: copy)
            }
        }
        try spoil("Database_Server", "Password")
        try await fixture.mended("unseal_failed", says: "unify server set s1 --password") {
            // On a terminal the command asks for it.
            let password = try #require(try TestDatabaseServer.shared(.postgresql).location.login).password
            try await fixture.unify(
                "server", "set", "s1", "--password-stdin", input: password.unsafeReveal() + "\n")
        }
        try fixture.execute("UPDATE Database_Server SET TLS = 'x'", in: fixture.main)
        try await fixture.mended("unexpected_value", says: "put back what stood in that row of the main database") {
            try fixture.putBack(["Database_Server"], from: copy)
        }
        try await removeBob(from: fixture)
    }

    @Test(arguments: [EngineKind.postgresql, .mysql]) func aServerIsStartedAsPrinted(kind: EngineKind) async throws {
        let fixture = try await newFixture()
        let server = try TestDatabaseServer.stoppable(kind)
        try await add(server, to: fixture)
        try await addBob(to: fixture)
        try await server.control("stop")
        do {
            let remedies = try await fixture.findings().filter { $0.code == "connection_failed" }.compactMap(\.remedy)
            try await fixture.mended("connection_failed", says: "start the database server") {
                try await server.control("start")
                // The user's and the server's.
                #expect(remedies.map { $0.after(": ") } == ["unify setup test 2", "unify server test s1"])
                for remedy in remedies {
                    let tested = try await fixture.shell(remedy.after(": "))
                    #expect(tested.status == 0, "\(remedy): \(tested.errors)")
                }
            }
        } catch {
            // For the tests that come after.
            try? await server.control("start")
            throw error
        }
        try await removeBob(from: fixture)
    }

    /// How a login for Unify is made on a server, what takes its rights away, what changes its password, and what removes
    /// it again.
    private func statements(
        _ kind: EngineKind, _ login: String
    ) -> (make: [String], spoil: [String], change: String, remove: [String]) {
        guard kind == .mysql else {
            return (
                [
                    "CREATE ROLE \(login) LOGIN CREATEDB CREATEROLE PASSWORD 'first'",
                    "CREATE DATABASE \(login) OWNER \(login) TEMPLATE template0",
                    "REVOKE ALL ON DATABASE \(login) FROM PUBLIC",
                ],
                [
                    "ALTER ROLE \(login) NOCREATEDB NOCREATEROLE",
                    "GRANT CONNECT ON DATABASE \(login) TO PUBLIC",
                ], "ALTER ROLE \(login) PASSWORD 'second'",
                ["DROP ROLE \(login)"]
            )
        }
        let own = "`\(prefix.replacing("_", with: "\\_"))%`.*"
        return (
            [
                "CREATE USER \(login)@'%' IDENTIFIED BY 'first'", "GRANT CREATE USER ON *.* TO \(login)@'%'",
                "GRANT CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON \(own) TO \(login)@'%' "
                    + "WITH GRANT OPTION",
            ],
            [
                "REVOKE CREATE USER ON *.* FROM \(login)@'%'", "REVOKE DROP, INDEX ON \(own) FROM \(login)@'%'",
            ], "ALTER USER \(login)@'%' IDENTIFIED BY 'second'",
            ["DROP USER \(login)@'%'"]
        )
    }

    @Test(arguments: [EngineKind.postgresql, .mysql])
    func aProvisioningLoginIsMendedAsPrinted(kind: EngineKind) async throws {
        var fixture = try await newFixture()
        let login = "provisioner" + prefix.dropFirst(4).dropLast()
        if kind == .postgresql { fixture.environment["UNIFY_POSTGRESQL_MAINTENANCE_DATABASE"] = login }
        let (server, engine) = (try TestDatabaseServer.shared(kind), try engine(of: kind))
        let (make, spoil, change, remove) = statements(kind, login)
        try await TestDatabaseServer.administer(engine, make)
        do {
            try await add(server, as: Login(name: login, password: Secret("first")), to: fixture)
            try await TestDatabaseServer.administer(engine, spoil)
            let remedy = try #require(try await fixture.remedy(of: "server_rights"))
            let seen = fixture
            try await fixture.mended("server_rights", says: "as an administrator of the server: ") {
                let statements = remedy.after("server: ").split(separator: ";").map(String.init)
                #expect(statements.count >= 2, "\(statements)")
                try await TestDatabaseServer.administer(engine, statements)
            }
            try await TestDatabaseServer.administer(engine, [change])
            try await fixture.mended("login_refused", says: "unify server set s1 --password") {
                try await seen.unify("server", "set", "s1", "--password-stdin", input: "second\n")
            }
        } catch {
            // The first error says what is wrong.
            try? await dropDatabases(of: login, kind)
            _ = try? await TestDatabaseServer.administer(engine, remove)
            throw error
        }
        try await dropDatabases(of: login, kind)
        try await TestDatabaseServer.administer(engine, remove)
    }

    /// A template is among them, and the maintenance database.
    private func dropDatabases(of login: String, _ kind: EngineKind) async throws {
        guard kind == .postgresql else { return }
        let engine = try engine(of: kind)
        let sql = "SELECT datname FROM pg_database WHERE datdba = (SELECT oid FROM pg_roles WHERE rolname = '\(login)')"
        let names = try await TestDatabaseServer.administer(engine, [sql]).flatMap {
            try $0.map { try $0.text("datname") }
        }
        for name in names {
            try await TestDatabaseServer.administer(
                engine, ["ALTER DATABASE \(name) IS_TEMPLATE false", "DROP DATABASE \(name) WITH (FORCE)"])
        }
    }

    /// The system's own list of names calls this machine another one.
    private func mountNames(for fixture: inout DoctorFixture) async throws {
        try await fixture.mount(
            "echo 127.0.0.1 localhost db.example.org > hosts && mount --bind hosts /etc/hosts")
    }

    @Test(
        .enabled(if: OwnMounts.areAllowed, "this machine lets nobody mount its own /etc/hosts for the test"),
        arguments: [EngineKind.postgresql, .mysql])
    func aServerIsVerifiedAsPrinted(kind: EngineKind) async throws {
        var fixture = try await newFixture()
        try await mountNames(for: &fixture)
        try await add(try .shared(kind), host: "db.example.org", tls: "require", to: fixture)
        let certificate = try self.certificate()
        try await fixture.follow("server_not_verified") { "\($0.before(", with :FILE")):\(certificate)" }
    }

    @Test(.enabled(if: OwnMounts.areAllowed, "this machine lets nobody mount its own /etc/hosts for the test"))
    func aServerOffersTLSAsPrinted() async throws {
        var fixture = try await newFixture()
        try await mountNames(for: &fixture)
        let (server, engine) = (try TestDatabaseServer.stoppable(.postgresql), try engine(of: .postgresql))
        let certificate = try self.certificate()
        let own = certificate.replacing("/certificate.pem", with: "/postgresql-1/certificate")
        try await add(server, host: "db.example.org", tls: "prefer", to: fixture)
        func set(_ statements: [String], ssl: String) async throws {
            try await TestDatabaseServer.administer(engine, on: server, statements + ["SELECT pg_reload_conf()"])
            try await eventually("TLS is \(ssl)") {
                let rows = try await TestDatabaseServer.administer(engine, on: server, ["SHOW ssl"])
                return try rows.first?.first?.text("ssl") == ssl
            }
        }
        do {
            let seen = fixture
            try await fixture.mended(
                "server_not_encrypted", says: "let the server offer TLS, then: unify server set s1 --tls verify-full"
            ) {
                try await set(
                    [
                        "ALTER SYSTEM SET ssl_cert_file = '\(own).pem'", "ALTER SYSTEM SET ssl_key_file = '\(own).key'",
                        "ALTER SYSTEM SET ssl = on",
                    ], ssl: "on")
                let changed = try await seen.shell("unify server set s1 --tls verify-full:\(certificate)")
                #expect(changed.status == 0, "\(changed.errors)")
            }
        } catch {
            try? await set(["ALTER SYSTEM RESET ALL"], ssl: "off")
            throw error
        }
        try await set(["ALTER SYSTEM RESET ALL"], ssl: "off")
    }
}
