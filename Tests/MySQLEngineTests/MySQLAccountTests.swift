import MySQLEngine
import Tenancy
import Testing
import UnifyTesting

/// Accounts that others made on the same server.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MySQLAccountTests {
    /// Lends a location whose login is the name of an account that is somebody else's.
    private func withTakenLogin(_ body: (TestDatabase, Login) async throws -> Void) async throws {
        try await MySQLDatabase.with(isMade: false) { database in
            let name = try #require(database.location.login?.name)
            let theirs = Login(name: name, password: Secret("theirs-\(name)"))
            try await TestDatabaseServer.administer(
                database.engine,
                [
                    "CREATE DATABASE payroll_\(name)", "CREATE TABLE payroll_\(name).salaries (amount INTEGER)",
                    "CREATE USER '\(name)'@'%' IDENTIFIED BY 'theirs-\(name)'",
                    "GRANT ALL ON payroll_\(name).* TO '\(name)'@'%'",
                ])
            do {
                try await body(database, theirs)
            } catch {
                try await cleanUp(name, database.engine)
                throw error
            }
            try await cleanUp(name, database.engine)
        }
    }

    private func cleanUp(_ name: String, _ engine: any DatabaseEngine) async throws {
        try await TestDatabaseServer.administer(
            engine, ["DROP USER '\(name)'@'%'", "DROP DATABASE payroll_\(name)"])
    }

    /// Reads what is theirs with their own password.
    private func readTheirs(_ login: Login, _ database: TestDatabase) async throws {
        var place = database.location
        place.name = "payroll_\(login.name)"
        place.login = login
        place.provisioningLogin = nil
        let connection = try await database.engine.connect(to: place, as: .user)
        _ = try await connection.cells("SELECT amount FROM salaries")
        await connection.close()
    }

    @Test func oneThatIsThereKeepsItsPasswordAndItsRights() async throws {
        try await withTakenLogin { database, theirs in
            try await expect(.invalidConfiguration) { try await database.make() }
            try await readTheirs(theirs, database)
            // Undoing what was begun, as after any failure.
            try await database.engine.dropDatabase(at: database.location)
            try await readTheirs(theirs, database)
        }
    }

    @Test func oneWithoutPasswordIsNotTakenForOurs() async throws {
        try await withTakenLogin { database, theirs in
            try await TestDatabaseServer.administer(
                database.engine, ["ALTER USER '\(theirs.name)'@'%' IDENTIFIED BY ''"])
            try await expect(.invalidConfiguration) { try await database.make() }
            try await database.engine.dropDatabase(at: database.location)
            try await readTheirs(Login(name: theirs.name, password: Secret("")), database)
        }
    }

    @Test func oneThatAnEarlierAttemptMadeIsGoneOnWith() async throws {
        try await MySQLDatabase.with(isMade: false) { database in
            let login = try #require(database.location.login)
            let literal = login.password.unsafeReveal().replacing("'", with: "''")
            try await TestDatabaseServer.administer(
                database.engine, ["CREATE USER '\(login.name)'@'%' IDENTIFIED BY '\(literal)'"])
            try await database.make()
            let names = try await database.withConnection { try await $0.cells("SELECT Name FROM Things") }
            #expect(names == [])
        }
    }

    /// The names of locks are the whole server's: those of a maker must not be known to a tenant.
    @Test func aTenantCannotHoldUpAMaker() async throws {
        try await MySQLDatabase.with { tenant in
            try await MySQLDatabase.with(isMade: false) { database in
                let name = try #require(database.location.name)
                var place = tenant.location
                place.provisioningLogin = nil
                // By a connection that no statement policy checks, as a client of the tenant's own would.
                let connection = try await tenant.engine.connect(to: place, as: .maintenance)
                let held = try await connection.cells("SELECT GET_LOCK(CONCAT('unify:', MD5(LOWER('\(name)'))), 0)")
                #expect(held == [1])
                let clock = ContinuousClock()
                let took = try await clock.measure { try await database.make() }
                #expect(took < .seconds(30))
                await connection.close()
            }
        }
    }
}
