import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// Whatever a server takes as a name, Unify takes, and sends it quoted.
@Suite(.timeLimit(.minutes(10))) struct ServerNameTests {
    private static let words = [
        "acme-prod", "postgres.abcdef", "two words", "UPPER", "Größe", "Россия", "it's", "a\"b", "a`b", "a[b]", "100%",
        "$x", "select", "semi;colon", "back\\slash",
    ]

    private static func isBabelfish(_ place: TestPlace) async throws -> Bool {
        guard place.kind == .sqlserver, let server = place.server else { return false }
        return try await place.engine.inspectServer(server.location, namePrefix: "user_").version.contains("Babelfish")
    }

    /// What Babelfish takes as a name.
    private static func isASCII(_ word: String) -> Bool { word.utf8.allSatisfy { $0 < 0x80 } }

    /// What Babelfish does not have to quote, which it forgets when it renames a database.
    private static func isPlain(_ word: String) -> Bool { word.utf8.allSatisfy { (0x61...0x7A).contains($0) } }

    @Test(arguments: TestPlace.servers) func databasesAndLoginsHaveAnyName(place: TestPlace) async throws {
        let isBabelfish = try await Self.isBabelfish(place)
        try await TestSystem.with(place) { system in
            for (index, word) in Self.words.enumerated() {
                let prefix = system.manager.options.namePrefix
                let user = try await system.addUser("user\(index)", hasDatabase: false).id
                let request = ProvisioningRequest(name: prefix + word, login: prefix + word, server: "server")
                guard !isBabelfish || Self.isASCII(word) else {
                    let error = await #expect(throws: TenancyError.self) {
                        try await system.manager.initializeUserDatabase(user, request)
                    }
                    #expect((error?.cause as? TenancyError)?.code == .invalidConfiguration, "\(word)")
                    #expect(try await system.manager.loadUserDatabaseConfig(user) == nil, "\(word)")
                    continue
                }
                do {
                    #expect(try await system.manager.initializeUserDatabase(user, request).isNew)
                    try await system.addTask(word, for: user)
                    try await system.manager.rotatePassword(of: user)
                    #expect(try await system.taskTitles(of: user) == [word], "\(word)")
                    let report = try await system.manager.testUserDatabase(user)
                    #expect(report.isOK, "\(word): \(report.checks)")
                    var location = try await system.manager.unsafeLocation(of: user)
                    location.provisioningLogin = place.server?.location.login
                    #expect(try await place.engine.sizeBytes(of: location) > 0, "\(word)")
                    _ = try await place.engine.lastModified(of: location)
                    await system.manager.evictOldest()
                    if !isBabelfish || Self.isPlain(word) { try await place.engine.quarantine(location) }
                    try await place.engine.dropQuarantined(of: location) { _ in false }
                    try await place.engine.dropDatabase(at: location)
                } catch {
                    Issue.record("\(word): \(error)")
                }
            }
            #expect(try await system.databaseNames(at: place) == [])
            #expect(try await system.loginNames(at: place) == [])
        }
    }

    @Test(arguments: TestPlace.servers) func anAttachedDatabaseAndAMainOneHaveAnyName(place: TestPlace) async throws {
        let server = try #require(place.server)
        let isBabelfish = try await Self.isBabelfish(place)
        for word in ["-prod.x", " Größe \"x'y`"] where !isBabelfish || Self.isASCII(word) {
            var main = server.newMainLocation()
            main.name = (main.name ?? "") + word
            var attached = server.newMainLocation()
            attached.name = (attached.name ?? "") + word
            try await place.engine.makeDatabase(
                at: attached, schema: Schema([Migration(1, "nothing") { _ in [] }]), identity: nil)
            try await place.engine.withConnection(to: attached, as: .maintenance) { connection in
                for table in ["Schema_Migrations", "Database_Identity"] as [Identifier] {
                    try await connection.run("DROP TABLE \(place.engine.dialect.quote(table))")
                }
            }
            let system = try await TestSystem.open(place.engine, server: server.location, mainLocation: main)
            let ada = try await system.addUser("ada", hasDatabase: false).id
            #expect(try await system.manager.initializeUserDatabase(ada, .attaching(attached)).isNew)
            try await system.addTask("hers", for: ada)
            #expect(try await system.taskTitles(of: ada) == ["hers"])
            await system.close()
            for location in [main, attached] { try await place.engine.dropDatabase(at: location) }
        }
    }

    @Test(arguments: TestPlace.servers.filter { $0.kind != .sqlserver })
    func aProvisioningLoginHasAnyName(place: TestPlace) async throws {
        for word in ["-prov", ".Ab'c"] {
            let name = "p\(UInt32.random(in: 0 ... .max))" + word
            let (made, removed) = Self.provisioner(name, place.kind)
            try await TestDatabaseServer.administer(place.engine, made)
            try await TestSystem.with(place) { system in
                let request = try place.serverRequest("other")
                _ = try await system.manager.addServer(
                    ServerRequest(
                        name: "other", engine: place.kind, host: request.host, port: request.port,
                        login: Login(name: name, password: Secret("pw"))))
                let ada = try await system.addUser("ada", hasDatabase: false).id
                #expect(
                    try await system.manager.initializeUserDatabase(ada, ProvisioningRequest(server: "other")).isNew)
                try await system.addTask("hers", for: ada)
                try await system.manager.rotatePassword(of: ada)
                #expect(try await system.taskTitles(of: ada) == ["hers"])
                await system.manager.shutDown()
                var location = try await system.manager.unsafeLocation(of: ada)
                location.provisioningLogin = Login(name: name, password: Secret("pw"))
                try await place.engine.dropDatabase(at: location)
            }
            try await Self.dropTemplates(of: name, place)
            try await TestDatabaseServer.administer(place.engine, removed)
        }
    }

    private static func provisioner(_ name: String, _ kind: EngineKind) -> (made: [String], removed: [String]) {
        if kind == .postgresql {
            let role = "\"\(name)\""
            return (
                [
                    "CREATE ROLE \(role) LOGIN CREATEDB CREATEROLE PASSWORD 'pw'",
                    "GRANT CONNECT ON DATABASE postgres TO \(role)",
                ], ["REVOKE CONNECT ON DATABASE postgres FROM \(role)", "DROP ROLE \(role)"]
            )
        }
        let account = "'\(name.replacing("'", with: "''"))'@'%'"
        return (
            [
                "CREATE USER \(account) IDENTIFIED BY 'pw'", "GRANT CREATE USER, PROCESS ON *.* TO \(account)",
                "GRANT CREATE, DROP, ALTER, INDEX, REFERENCES, SELECT, INSERT, UPDATE, DELETE ON `user\\_%`.* TO "
                    + "\(account) WITH GRANT OPTION",
            ], ["DROP USER \(account)"]
        )
    }

    private static func dropTemplates(of login: String, _ place: TestPlace) async throws {
        guard place.kind == .postgresql else { return }
        let sql =
            "SELECT datname AS name FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolname = '"
            + login.replacing("'", with: "''") + "'"
        let names = try await TestDatabaseServer.administer(place.engine, [sql]).flatMap {
            try $0.map { try $0.text("name") }
        }
        for name in names {
            try await TestDatabaseServer.administer(
                place.engine, ["ALTER DATABASE \"\(name)\" IS_TEMPLATE false", "DROP DATABASE \"\(name)\""])
        }
    }

    @Test func whatIsNoNameIsRefusedAtOnce() async throws {
        for (name, word) in [
            ("", "empty"), (String(repeating: "x", count: 64), "63 bytes"), (" x", "blank"), ("x ", "blank"),
            ("a\u{0}b", "control"), ("a\nb", "control"), (String(repeating: "é", count: 32), "63 bytes"),
        ] {
            #expect(ServerName.fault(in: name)?.contains(word) == true, "\(name)")
        }
        #expect(ServerName.fault(in: "acme-prod.x y") == nil)
    }

    /// A login with every right, that may be connected once: enough to look, not enough to make anything.
    @Test func aServerWhereNoDatabaseCanBeMadeIsNotAdded() async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == .postgresql })
        let name = "p\(UInt32.random(in: 0 ... .max))"
        let (made, removed) = Self.provisioner(name, place.kind)
        try await TestDatabaseServer.administer(place.engine, made + ["ALTER ROLE \(name) CONNECTION LIMIT 1"])
        try await TestSystem.with(place) { system in
            let request = try place.serverRequest("other")
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.addServer(
                    ServerRequest(
                        name: "other", engine: place.kind, host: request.host, port: request.port,
                        login: Login(name: name, password: Secret("pw"))))
            }
            #expect(error?.code == .provisioningFailed)
            #expect(error?.message.contains("the provisioning login could not") == true, "\(String(describing: error))")
            #expect(try await system.manager.serverOverview(after: 0, limit: 10).map(\.server.name) == ["server"])
            #expect(try await system.databaseNames(at: place) == [])
            #expect(try await system.loginNames(at: place) == [])
        }
        try await Self.dropTemplates(of: name, place)
        try await TestDatabaseServer.administer(place.engine, removed)
    }
}
