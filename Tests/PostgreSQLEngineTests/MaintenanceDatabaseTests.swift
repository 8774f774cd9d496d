import Foundation
import PostgreSQLEngine
import Tenancy
import Testing
import UnifyTesting

/// The database in which others are made: users' logins have no way in, and what they may have left there is not run.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MaintenanceDatabaseTests {
    private static let plain = PostgreSQLEngine()

    /// Lends an engine that works from a database of the test's own, which is as PostgreSQL makes it.
    private func withDatabase(_ body: (PostgreSQLEngine, String) async throws -> Void) async throws {
        let name = "maintenance_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        try await TestDatabaseServer.administer(Self.plain, ["CREATE DATABASE \(name) TEMPLATE template0"])
        do {
            try await body(PostgreSQLEngine(options: .init(maintenanceDatabase: name)), name)
        } catch {
            try await drop(name)
            throw error
        }
        try await drop(name)
    }

    private func drop(_ name: String) async throws {
        try await TestDatabaseServer.administer(Self.plain, ["DROP DATABASE \(name) WITH (FORCE)"])
    }

    @Test func nothingIsMadeFromOneThatEverybodyMayConnectTo() async throws {
        try await withDatabase { engine, name in
            let server = try TestDatabaseServer.shared(.postgresql)
            let report = try await engine.inspectServer(server.location, namePrefix: "user_")
            #expect(
                report.missing == [
                    "GRANT CONNECT ON DATABASE \"\(name)\" TO \"unify_provisioner\"",
                    "REVOKE ALL ON DATABASE \"\(name)\" FROM PUBLIC",
                ])
            let location = server.newLocation()
            try await expect(.invalidConfiguration) {
                try await engine.makeDatabase(
                    at: location, schema: TestDatabase.schema, identity: try TestDatabase.identity())
            }
            try await expect(.databaseMissing) { _ = try await Self.plain.connect(to: location, as: .user) }
            try await TestDatabaseServer.administer(Self.plain, report.missing)
            #expect(try await engine.inspectServer(server.location, namePrefix: "user_").missing == [])
            try await engine.makeDatabase(
                at: location, schema: TestDatabase.schema, identity: try TestDatabase.identity())
            try await engine.dropDatabase(at: location)
        }
    }

    /// With the rights that PostgreSQL 13 and 14 give everybody by default.
    @Test func whatATenantLeftThereIsNotRun() async throws {
        try await withDatabase { engine, name in
            let server = try TestDatabaseServer.shared(.postgresql)
            try await TestDatabaseServer.administer(
                Self.plain, in: name,
                [
                    "GRANT CONNECT ON DATABASE \(name) TO unify_provisioner",
                    "REVOKE CONNECT ON DATABASE \(name) FROM PUBLIC",
                    "GRANT CREATE, USAGE ON SCHEMA public TO PUBLIC", "CREATE TABLE public.ran (what text)",
                    "GRANT INSERT ON public.ran TO PUBLIC",
                ] + Self.planted)
            // The plants are good: a session that looks in public runs the one that fits better.
            try await TestDatabaseServer.administer(Self.plain, in: name, ["SELECT hashtextextended('a'::text, 0)"])
            #expect(try await ran(in: name) == ["hashtextextended"])
            try await TestDatabaseServer.administer(Self.plain, in: name, ["DELETE FROM public.ran"])
            let location = server.newLocation()
            _ = try await engine.inspectServer(server.location, namePrefix: "user_")
            try await engine.makeDatabase(
                at: location, schema: TestDatabase.schema, identity: try TestDatabase.identity())
            _ = try await engine.sizeBytes(of: location)
            _ = try await engine.databaseNames(at: location, beginningWith: "user_")
            try await engine.setPassword(Secret("another"), at: location)
            try await engine.quarantine(location)
            try await engine.dropQuarantined(of: location) { _ in false }
            try await engine.dropDatabase(at: location)
            #expect(try await ran(in: name) == [])
        }
    }

    /// Each fits what maintenance calls at least as well as the server's own.
    private static let planted = [
        ("hashtextextended", "text, int", "bigint"), ("hashtextextended", "text, bigint", "bigint"),
        ("pg_advisory_lock", "bigint", "void"), ("version", "", "text"), ("starts_with", "name, text", "boolean"),
        ("shobj_description", "oid, text", "text"), ("pg_terminate_backend", "int, int", "boolean"),
        ("pg_database_size", "name", "bigint"), ("current_database", "", "name"), ("pg_backend_pid", "", "int"),
    ].map { name, arguments, result in
        let body = "INSERT INTO public.ran VALUES ('\(name)')\(result == "void" ? "" : "; SELECT NULL::\(result)")"
        return "CREATE FUNCTION public.\(name)(\(arguments)) RETURNS \(result) LANGUAGE sql VOLATILE AS $$ \(body) $$"
    }

    private func ran(in name: String) async throws -> [String] {
        try await TestDatabaseServer.administer(Self.plain, in: name, ["SELECT what FROM public.ran"])
            .flatMap { try $0.map { try $0.text("what") } }
    }

    @Test func tenantsHaveNoWayIn() async throws {
        try await TestDatabase.with(Self.plain) { database in
            for name in ["postgres", "template1"] {
                var place = database.location
                place.name = name
                place.provisioningLogin = nil
                try await expect(.loginRefused, name) { _ = try await Self.plain.connect(to: place, as: .user) }
            }
        }
    }

    /// Whoever owns a database of its own for maintenance, as the documentation has it for servers of many uses.
    @Test func theDocumentedDatabaseOfItsOwnWorks() async throws {
        let word = String(UInt64.random(in: 0 ... .max), radix: 36)
        let (role, name) = ("provisioner_\(word)", "maintenance_\(word)")
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/engines.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```sql\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        let block = try #require(blocks.first { $0.contains("CREATE DATABASE unify_maintenance") })
        let statements = block.replacing("unify_provisioner", with: role).replacing("unify_maintenance", with: name)
            .replacing("…", with: "pw-\(word)").split(separator: ";").map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }.filter { !$0.isEmpty }
        #expect(statements.count == 3)
        try await TestDatabaseServer.administer(Self.plain, statements)
        let engine = PostgreSQLEngine(options: .init(maintenanceDatabase: name))
        var location = try TestDatabaseServer.shared(.postgresql).newLocation()
        location.provisioningLogin = Login(name: role, password: Secret("pw-\(word)"))
        #expect(try await engine.inspectServer(location, namePrefix: "user_").missing == [])
        try await engine.makeDatabase(at: location, schema: TestDatabase.schema, identity: try TestDatabase.identity())
        try await engine.connect(to: location, as: .user).close()
        try await engine.dropDatabase(at: location)
        try await drop(name)
        let templates = try await TestDatabaseServer.administer(
            Self.plain, ["SELECT datname AS name FROM pg_database WHERE datname LIKE 'unify_template%\(word)'"])
        for template in try templates.flatMap({ try $0.map { try $0.text("name") } }) {
            try await TestDatabaseServer.administer(
                Self.plain, ["ALTER DATABASE \(template) IS_TEMPLATE false", "DROP DATABASE \(template)"])
        }
        try await TestDatabaseServer.administer(Self.plain, ["DROP ROLE \(role)"])
    }
}
