import MySQLEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite(
    "MySQL databases, their logins and rights", .tags(.proof), .serialized,
    .timeLimit(.minutes(10)))
struct MySQLProvisioningTests {
    @Test func aLoginReachesItsOwnDatabaseAlone() async throws {
        try await MySQLDatabase.with { first in
            try await MySQLDatabase.with { second in
                let other = second.location.name ?? ""
                var crossed = first.location
                crossed.name = other
                try await expect(.loginRefused) { _ = try await first.engine.connect(to: crossed, as: .user) }
                try await first.withConnection { connection in
                    for sql in [
                        "SELECT * FROM `\(other)`.Things", "DELETE FROM `\(other)`.Things",
                        "SELECT User FROM mysql.user",
                    ] {
                        try await expect(.notAuthorized, "\(sql)") { try await connection.run(sql) }
                    }
                    let names = try await connection.cells("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
                    #expect(!names.contains(.text(other)))
                }
            }
        }
    }

    /// What is there at each point at which making may have stopped.
    @Test(arguments: [
        [], ["CREATE TABLE Unify_Unfinished (Marker_ID INTEGER PRIMARY KEY)"],
        [
            "CREATE TABLE Unify_Unfinished (Marker_ID INTEGER PRIMARY KEY)",
            "CREATE TABLE Things (Thing_ID INTEGER PRIMARY KEY)",
            "CREATE TABLE Schema_Migrations (Version INTEGER PRIMARY KEY)",
            "CREATE TABLE Parts (Thing_ID INTEGER, FOREIGN KEY (Thing_ID) REFERENCES Things (Thing_ID))",
            "INSERT INTO Things VALUES (1)",
        ],
    ])
    func makingGoesOnWhereItStopped(_ statements: [String]) async throws {
        try await MySQLDatabase.with(isMade: false) { database in
            let name = database.location.name ?? ""
            try await administer(database) { connection in
                try await connection.run("CREATE DATABASE `\(name)`")
            }
            try await database.withConnection(as: .maintenance) { connection in
                for sql in statements { try await connection.run(sql) }
            }
            try await database.make()
            try await expectWhole(database)
        }
    }

    @Test func aStampedDatabaseGetsItsLoginAndMarkerRight() async throws {
        try await MySQLDatabase.with { database in
            let login = database.location.login?.name ?? ""
            try await administer(database) { connection in
                try await connection.run("DROP USER '\(login)'@'%'")
                try await connection.run("CREATE TABLE Unify_Unfinished (Marker_ID INTEGER PRIMARY KEY)")
                try await connection.run("INSERT INTO Things (Name) VALUES ('kept')")
            }
            try await database.make()
            try await expectWhole(database)
            let names = try await database.withConnection { try await $0.cells("SELECT Name FROM Things") }
            #expect(names == ["kept"])
        }
    }

    @Test func aStrangersDatabaseIsLeftAlone() async throws {
        try await MySQLDatabase.with { database in
            let login = database.location.login?.name ?? ""
            try await administer(database) { try await $0.run("DROP USER '\(login)'@'%'") }
            try await database.make(identity: try TestDatabase.identity(of: 8))
            try await expect(.loginRefused) { _ = try await database.engine.connect(to: database.location, as: .user) }
        }
    }

    @Test func aLocationWithoutProvisioningLoginMakesItself() async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        let engine = MySQLEngine()
        let location = server.newMainLocation()
        try await engine.makeDatabase(at: location, schema: TestDatabase.schema, identity: nil)
        let connection = try await engine.connect(to: location, as: .main)
        try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
        await connection.close()
        #expect(try await engine.sizeBytes(of: location) > 0)
        #expect(try await engine.lastModified(of: location) != nil)
        try await engine.dropDatabase(at: location)
        try await expect(.databaseMissing) { _ = try await engine.connect(to: location, as: .main) }
    }

    @Test func aNewPasswordReplacesTheOld() async throws {
        try await MySQLDatabase.with { database in
            let login = try #require(database.location.login)
            for password in ["it's \"new\" \\ ` % _", "", "ünï"] {
                var changed = database.location
                changed.login = Login(name: login.name, password: Secret(password))
                try await database.engine.setPassword(Secret(password), at: database.location)
                let connection = try await database.engine.connect(to: changed, as: .user)
                await connection.close()
            }
            try await expect(.loginRefused) { _ = try await database.engine.connect(to: database.location, as: .user) }
            // By the login itself.
            var own = database.location
            own.provisioningLogin = nil
            own.login = Login(name: login.name, password: Secret("ünï"))
            try await database.engine.setPassword(login.password, at: own)
            let connection = try await database.engine.connect(to: database.location, as: .user)
            await connection.close()
        }
    }

    @Test func droppingPutsOutWhoIsIn() async throws {
        try await MySQLDatabase.with(options: MySQLEngine.Options(lockLimit: .seconds(60))) { database in
            let connection = try await database.engine.connect(to: database.location, as: .user)
            try await connection.begin(.write)
            try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
            let clock = ContinuousClock()
            // An open transaction would otherwise hold up DROP DATABASE, for as long as a minute.
            let took = try await clock.measure { try await database.engine.dropDatabase(at: database.location) }
            #expect(took < .seconds(25))
            try await expect(.connectionFailed) { try await connection.commit() }
            #expect(await !connection.isConnected())
            await connection.close()
        }
    }

    @Test func whatIsSetAsideIsKept() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { try await $0.run("INSERT INTO Things (Name) VALUES ('a')") }
            try await database.engine.quarantine(database.location)
            let name = database.location.name ?? ""
            try await administer(database, isMade: false) { connection in
                let names = try await connection.cells(
                    "SHOW DATABASES LIKE '\(name)!_aside!_%'".replacing("!", with: "\\"))
                guard case .text(let aside)? = names.first else { throw TestFailure("nothing was set aside") }
                #expect(try await connection.cells("SELECT Name FROM `\(aside)`.Things") == ["a"])
                #expect(try await connection.cells("SELECT COUNT(*) FROM `\(aside)`.Database_Identity") == [1])
                try await connection.run("DROP DATABASE `\(aside)`")
            }
        }
    }

    @Test func aTableMadeLaterIsTheUsersToo() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection(as: .maintenance) { try await $0.run("CREATE TABLE Later (A INTEGER)") }
            try await database.withConnection { connection in
                try await expect(.tableMissing) { try await connection.run("INSERT INTO Later VALUES (1)") }
                try await database.engine.grantAccess(to: database.location)
                try await connection.run("INSERT INTO Later VALUES (1)")
            }
        }
    }

    @Test func namesThatAreNoNamesAreRefused() async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        let cases: [(name: String, login: String, code: TenancyError.Code)] = [
            ("", "ok", .invalidConfiguration), ("ok", String(repeating: "a", count: 33), .invalidConfiguration),
            // Names like any others, which are quoted, and beyond what the provisioning login may make.
            ("a`b", "ok", .notAuthorized), ("ok", "a'b", .notAuthorized),
        ]
        for (name, login, code) in cases {
            var location = server.newLocation()
            location.name = name
            location.login = Login(name: login, password: Secret("x"))
            try await expect(code, "\(name) \(login)") {
                try await MySQLEngine().makeDatabase(at: location, schema: TestDatabase.schema, identity: nil)
            }
        }
    }

    // MARK: What is there

    private func expectWhole(_ database: TestDatabase) async throws {
        try await database.withConnection { connection in
            let stamp = try await DatabaseIdentity.read(from: connection, dialect: database.engine.dialect)
            #expect(try stamp == TestDatabase.identity())
            let tables = try await connection.cells("SHOW TABLES")
            #expect(Set(tables) == ["Database_Identity", "Schema_Migrations", "Things"])
            try await connection.run("UPDATE Things SET Amount = 1")
        }
        let tables = try await database.withConnection(as: .maintenance) { try await $0.cells("SHOW TABLES") }
        #expect(tables.count == 3)
    }

    /// Lends the provisioning login's connection, to the database or, where that is not there, to none that matters.
    private func administer(
        _ database: TestDatabase, isMade: Bool = true, _ body: (any DatabaseConnection) async throws -> Void
    ) async throws {
        var location = database.location
        let isThere =
            try await code { await (try database.engine.connect(to: location, as: .maintenance)).close() } == nil
        if !isThere { location.name = "information_schema" }
        let connection = try await database.engine.connect(to: location, as: .maintenance)
        do {
            try await body(connection)
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }
}
