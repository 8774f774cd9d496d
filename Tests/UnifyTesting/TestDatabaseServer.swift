internal import Foundation
public import Tenancy

/// A throw-away server that `scripts/test-servers.sh run` started.
public struct TestDatabaseServer: Sendable {
    /// Host, port and the provisioning login; no database.
    public let location: DatabaseLocation
    /// What `stop` and `start` of the script call it; nil for one that tests must leave running.
    public let name: String?

    /// The server of an engine that all tests share.
    /// - Throws: ``TestFailure`` where it does not run.
    public static func shared(_ engine: EngineKind) throws -> TestDatabaseServer {
        TestDatabaseServer(location: try location("UNIFY_TEST_\(engine.rawValue.uppercased())_URL"), name: nil)
    }

    /// The server of an engine that the test may stop and start. One test at a time.
    public static func stoppable(_ engine: EngineKind) throws -> TestDatabaseServer {
        TestDatabaseServer(
            location: try location("UNIFY_TEST_\(engine.rawValue.uppercased())_2_URL"), name: "\(engine.rawValue)-2")
    }

    /// The server of an engine that all tests share, with its administrator's login.
    public static func administrator(of engine: EngineKind) throws -> DatabaseLocation {
        engine == .sqlserver
            ? try location("UNIFY_TEST_SQLSERVER_URL")
            : try location("UNIFY_TEST_\(engine.rawValue.uppercased())_ADMIN_URL")
    }

    /// Runs statements as the administrator of a server.
    /// - Parameters:
    ///   - database: where; nil where it does not matter.
    ///   - server: nil for the one that all tests share.
    @discardableResult
    public static func administer(
        _ engine: any DatabaseEngine, in database: String? = nil, on server: TestDatabaseServer? = nil,
        _ statements: [String]
    ) async throws -> [ResultSet] {
        var place = try administrator(of: engine.kind)
        // Both servers of a kind have the same administrator.
        if let server { place.port = server.location.port }
        place.name = database ?? [.postgresql: "postgres", .mysql: "information_schema"][engine.kind] ?? "master"
        return try await engine.withConnection(to: place, as: .maintenance) { connection in
            var answers: [ResultSet] = []
            for sql in statements {
                answers.append(try await connection.query(SQLStatement(sql), limits: StatementLimits()))
            }
            return answers
        }
    }

    /// Whether there is a SQL Server for tests, which nobody starts for them.
    public static let hasSQLServer = ProcessInfo.processInfo.environment["UNIFY_TEST_SQLSERVER_URL"] != nil

    /// The same without an error: a server that is not there is one that cannot be reached.
    static func sharedOrAbsent(_ engine: EngineKind) -> TestDatabaseServer {
        (try? shared(engine))
            ?? TestDatabaseServer(
                location: DatabaseLocation(
                    engine: engine, host: "127.0.0.1", port: 1, login: Login(name: "none", password: Secret("none"))),
                name: nil)
    }

    /// A location on this server as the settings write it.
    func url(of location: DatabaseLocation) throws -> String {
        guard let host = location.host, let port = location.port, let login = location.login, let name = location.name
        else { throw TestFailure("the location is not whole") }
        let password = login.password.unsafeReveal().addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "\(location.engine.rawValue)://\(login.name):\(password)@\(host):\(port)/\(name)"
    }

    private static func location(_ variable: String) throws -> DatabaseLocation {
        guard let url = ProcessInfo.processInfo.environment[variable] else {
            throw TestFailure("\(variable) is not set. Run the tests by: scripts/test-servers.sh run swift test")
        }
        guard let location = DatabaseLocation(url: url) else { throw TestFailure("\(variable) is no database's URL") }
        return location
    }

    /// A database of its own name, that is not there yet, with a login of its own.
    public func newLocation() -> DatabaseLocation {
        var location = location
        let name = "user_test_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        location.name = name
        location.provisioningLogin = location.login
        location.login = Login(name: name, password: Secret("It's \"\(name)\\!"))
        return location
    }

    /// A main database of its own name, that is not there yet, on the provisioning login.
    public func newMainLocation() -> DatabaseLocation {
        var location = location
        location.name = "user_main_" + String(UInt64.random(in: 0 ... .max), radix: 36)
        return location
    }

    /// A database without tables, as an operator makes one who wants it attached, with a login that owns it.
    public func newEmptyDatabase(on engine: any DatabaseEngine) async throws -> DatabaseLocation {
        let location = newMainLocation()
        try await engine.makeDatabase(
            at: location, schema: Schema([Migration(1, "nothing") { _ in [] }]), identity: nil)
        try await engine.withConnection(to: location, as: .maintenance) { connection in
            for table in ["Schema_Migrations", "Database_Identity"] as [Identifier] {
                try await connection.run("DROP TABLE \(engine.dialect.quote(table))")
            }
        }
        return location
    }

    /// The names of the databases on this server that begin so, as the server itself lists them.
    public func databaseNames(beginningWith prefix: String, on engine: any DatabaseEngine) async throws -> [String] {
        let (database, sql) =
            switch engine.kind {
            case .postgresql: ("postgres", "SELECT datname AS name FROM pg_database")
            case .sqlserver: ("master", "SELECT name AS name FROM sys.databases")
            default: ("information_schema", "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA")
            }
        return try await names(beginningWith: prefix, sql, in: database, on: engine)
    }

    /// The names of the logins to this server that begin so, as the server itself lists them.
    public func loginNames(beginningWith prefix: String, on engine: any DatabaseEngine) async throws -> [String] {
        let (database, sql) =
            switch engine.kind {
            case .postgresql: ("postgres", "SELECT rolname AS name FROM pg_roles")
            case .sqlserver: ("master", "SELECT name AS name FROM sys.server_principals WHERE type = 'S'")
            default: ("information_schema", "SELECT User AS name FROM mysql.user")
            }
        return try await names(beginningWith: prefix, sql, in: database, on: engine)
    }

    private func names(
        beginningWith prefix: String, _ sql: String, in database: String, on engine: any DatabaseEngine
    ) async throws -> [String] {
        // Users' logins may be seen by an administrator alone.
        var location = name == nil ? try Self.administrator(of: engine.kind) : location
        location.name = database
        let rows = try await engine.withConnection(to: location, as: .maintenance) {
            try await $0.query(SQLStatement(sql), limits: StatementLimits(access: .read))
        }
        return try rows.map { try $0.text("name") }.filter { $0.hasPrefix(prefix) }
    }

    /// Does with a stoppable server what the script does: `stop`, `kill`, `start`, `pause`, `resume`.
    public func control(_ command: String) async throws {
        guard let name else { throw TestFailure("this server is everybody's") }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "scripts/test-servers.sh").path
        let status = try await ChildProcess(["/usr/bin/timeout", "180", "/bin/sh", script, command, name])
            .waitUntilExit()
        guard status == 0 else { throw TestFailure("\(command) \(name) failed") }
    }
}
