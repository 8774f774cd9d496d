import SQLServerEngine
import Tenancy
import Testing
import UnifyTesting

@Suite(
    "Connections to SQL Server", .serialized, .timeLimit(.minutes(5)),
    .enabled(if: TestDatabaseServer.hasSQLServer, "UNIFY_TEST_SQLSERVER_URL names no server"))
struct SQLServerConnectionTests {
    @Test func aSessionThatTheServerEndedIsNoticedBeforeItIsUsed() async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection { connection in
                #expect(await connection.isConnected())
                let number = try #require(try await connection.cells("SELECT CAST(@@SPID AS BIGINT) AS Number").first)
                guard case .integer(let session) = number else { throw TestFailure("no number: \(number)") }
                try await database.withConnection(as: .maintenance) { try await $0.run("KILL \(session)") }
                // Used a moment ago, it is trusted for half a second.
                try await Task.sleep(for: .milliseconds(600))
                #expect(await !connection.isConnected())
                try await expect(.connectionFailed) { _ = try await connection.cells("SELECT 1 AS One") }
            }
        }
    }

    @Test(arguments: ["wrong password", "a}b"]) func aWrongPasswordIsRefused(password: String) async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            var location = database.location
            location.login = location.login.map { Login(name: $0.name, password: Secret(password)) }
            let thrown = try await code { await (try database.engine.connect(to: location, as: .user)).close() }
            #expect(thrown == (password.contains("}") ? .invalidConfiguration : .loginRefused))
        }
    }

    @Test func aDriverThatIsNotInstalledIsNamed() async throws {
        let engine = SQLServerEngine(options: .init(driver: "No Such Driver"))
        let location = try TestDatabaseServer.shared(.sqlserver).newLocation()
        let error = await #expect(throws: TenancyError.self) {
            await (try await engine.connect(to: location, as: .user)).close()
        }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("No Such Driver") == true)
    }

    @Test func anErrorUndoesTheWholeTransactionAndIsToldUntilTheRollback() async throws {
        try await TestDatabase.with(SQLServerEngine()) { database in
            try await database.withConnection { connection in
                try await connection.begin(.write)
                try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
                try await expect(.uniqueViolation) {
                    try await connection.run("INSERT INTO Things (Name) VALUES ('a')")
                }
                // Would be committed by itself.
                try await expect(.invalidStatement) {
                    try await connection.run("INSERT INTO Things (Name) VALUES ('b')")
                }
                try await expect(.invalidStatement) { try await connection.commit() }
                try await connection.rollback()
                #expect(try await connection.cells("SELECT COUNT(*) FROM Things") == [0])
            }
        }
    }
}
