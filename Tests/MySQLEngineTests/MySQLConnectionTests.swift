import MySQLEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite(
    "MySQL connections, locks and limits", .serialized,
    .timeLimit(.minutes(10)))
struct MySQLConnectionTests {
    @Test func anUnreachableServerIsNamed() async throws {
        var location = try TestDatabaseServer.shared(.mysql).newLocation()
        location.port = 1
        do {
            _ = try await MySQLEngine().connect(to: location, as: .user)
            Issue.record("connected to nothing")
        } catch let error as TenancyError {
            #expect(error.code == .connectionFailed)
            #expect(error.message.contains(":1"))
            #expect(!error.message.contains(location.login?.password.unsafeReveal() ?? "-"))
        }
    }

    @Test(arguments: ["", "a,b", "mariadb://a"])
    func aHostThatIsNoneIsRefused(_ host: String) async throws {
        var location = try TestDatabaseServer.shared(.mysql).newLocation()
        location.host = host
        try await expect(.invalidConfiguration) { _ = try await MySQLEngine().connect(to: location, as: .user) }
    }

    @Test func tlsIsUsedWhereTheServerHasItAndMissedWhereItMustBeThere() async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        var location = server.location
        let engine = MySQLEngine()
        location.tls = TLSOptions(mode: .disable)
        #expect(try await engine.inspectServer(location, namePrefix: "user_").isEncrypted == false)
        location.tls = TLSOptions(mode: .prefer)
        let hasTLS = try await engine.inspectServer(location, namePrefix: "user_").isEncrypted == true
        for mode in [TLSOptions.Mode.require, .verifyCA, .verifyFull] {
            location.tls = TLSOptions(mode: mode)
            let failure = try await code { _ = try await engine.inspectServer(location, namePrefix: "user_") }
            // A throw-away server's certificate is nobody's that the system trusts.
            #expect(failure == (hasTLS && mode == .require ? nil : .connectionFailed), "\(mode)")
        }
    }

    @Test func aServersRightsAreReported() async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        let report = try await MySQLEngine().inspectServer(server.location, namePrefix: "user_")
        #expect(report.missing == [])
        #expect(!report.advice.contains { $0.contains("REVOKE") })
        #expect(report.version.contains("M"))
        // The documented rights are on one prefix alone.
        let other = try await MySQLEngine().inspectServer(server.location, namePrefix: "elsewhere_")
        #expect(other.missing.count == 1)
        try await MySQLDatabase.with { database in
            var poor = database.location
            poor.provisioningLogin = database.location.login
            let report = try await database.engine.inspectServer(poor, namePrefix: "user_")
            #expect(report.missing.first?.contains("CREATE USER ON *.* TO") == true)
            #expect(report.missing.last?.contains("DELETE ON `user\\_%`.* TO") == true)
        }
    }

    @Test func aDeadlockEndsTheTransactionUntilItIsRolledBack() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { first in
                for name in ["a", "b"] { try await first.run("INSERT INTO Things (Name) VALUES (?)", [.text(name)]) }
                try await database.withConnection { second in
                    let loser = try await deadlock(first, second)
                    // Nothing of it may be committed by itself now.
                    try await expect(.busy) { try await loser.run("INSERT INTO Things (Name) VALUES ('c')") }
                    try await expect(.busy) { try await loser.commit() }
                    try await loser.rollback()
                    try await loser.run("INSERT INTO Things (Name) VALUES ('d')")
                    #expect(try await loser.cells("SELECT Name FROM Things ORDER BY Name") == ["a", "b", "d"])
                }
            }
        }
    }

    /// - Returns: the connection whose transaction the server has undone; the other's is committed.
    private func deadlock(
        _ first: any DatabaseConnection, _ second: any DatabaseConnection
    ) async throws -> any DatabaseConnection {
        let update = "UPDATE Things SET Amount = Amount + 1 WHERE Name = ?"
        for (connection, name) in [(first, "a"), (second, "b")] as [(any DatabaseConnection, SQLValue)] {
            try await connection.begin(.write)
            try await connection.run(update, [name])
        }
        async let firstCode = code { try await first.run(update, ["b"]) }
        async let secondCode = code { try await second.run(update, ["a"]) }
        let codes = try await [firstCode, secondCode]
        #expect(codes.contains(.busy) && codes.contains(nil))
        try await (codes[0] == nil ? first : second).commit()
        return codes[0] == nil ? second : first
    }

    @Test func aResultThatIsFarTooLargeIsNotReadToItsEnd() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                let endless: SQLStatement = """
                    WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 900)
                    SELECT a.x FROM n a, n b, n c, n d
                    """
                for _ in 1...3 {
                    let limits = StatementLimits(access: .read, timeLimit: .seconds(20), maxRows: 10)
                    let failure = try await code { _ = try await connection.query(endless, limits: limits) }
                    #expect(failure == .resultTooLarge)
                    #expect(try await connection.cells("SELECT 1") == [1])
                }
            }
        }
    }

    /// KILL QUERY that comes too late must not hit the next statement.
    @Test func stoppingNeverHitsTheNextStatement() async throws {
        try await MySQLDatabase.with { database in
            try await database.withConnection { connection in
                for round in 0..<40 {
                    let task = Task { try await connection.cells("SELECT SLEEP(0.0\(round % 5))") }
                    // Before, during and after the statement: the moment is what varies.
                    try await Task.sleep(for: .milliseconds(round % 10 * 5))
                    task.cancel()
                    _ = await task.result
                    #expect(try await connection.cells("SELECT 1") == [1])
                }
            }
        }
    }

    @Test func aLostConnectionIsKnown() async throws {
        try await MySQLDatabase.with { database in
            let connection = try await database.engine.connect(to: database.location, as: .user)
            #expect(await connection.isConnected())
            let id = try await connection.cells("SELECT CONNECTION_ID()")
            guard case .integer(let id)? = id.first else { throw TestFailure("no number") }
            // By another of the same login's.
            try await endSession(id, database)
            try await eventually("it knows") { await !connection.isConnected() }
            try await expect(.connectionFailed) { _ = try await connection.cells("SELECT 1") }
            #expect(await connection.reset() == false)
            await connection.close()
        }
    }

    /// The socket tells of the end of a connection once, to the statement that waits.
    @Test func aConnectionLostUnderAStatementIsKnown() async throws {
        try await MySQLDatabase.with { database in
            let connection = try await database.engine.connect(to: database.location, as: .user)
            guard case .integer(let id)? = try await connection.cells("SELECT CONNECTION_ID()").first else {
                throw TestFailure("no number")
            }
            // Prepared, and then run while the task waits.
            let sleep = "SELECT SLEEP(?)"
            _ = try await connection.query(SQLStatement(sleep, [0]), limits: StatementLimits(access: .read))
            let sleeping = Task {
                try await connection.query(SQLStatement(sleep, [30]), limits: StatementLimits(access: .read))
            }
            try await database.withConnection(as: .maintenance) { other in
                let state = "SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = \(id)"
                while try await other.cells(state) != [.text("User sleep")] { await Task.yield() }
            }
            try await endSession(id, database)
            try await expect(.connectionFailed) { _ = try await sleeping.value }
            #expect(await connection.reset() == false)
            #expect(await !connection.isConnected())
            await connection.close()
        }
    }

    private func endSession(_ id: Int64, _ database: TestDatabase) async throws {
        var location = database.location
        location.provisioningLogin = nil
        let connection = try await database.engine.connect(to: location, as: .maintenance)
        try await connection.run("KILL CONNECTION \(id)")
        await connection.close()
    }

    @Test func statementsBeyondTheCacheAreDropped() async throws {
        try await MySQLDatabase.with(options: MySQLEngine.Options(statementCacheSize: 3)) { database in
            try await database.withConnection { connection in
                for _ in 1...2 {
                    for number in 0..<10 as Range<Int64> {
                        let cells = try await connection.cells("SELECT \(number)")
                        #expect(cells == [.integer(number)])
                    }
                }
                let sql =
                    "SELECT VARIABLE_VALUE FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'COM_STMT_CLOSE'"
                let cells = try await connection.cells(sql)
                guard case .text(let text)? = cells.last, let closed = Int(text) else { throw TestFailure("no number") }
                #expect(closed >= 16)
            }
        }
    }
}
