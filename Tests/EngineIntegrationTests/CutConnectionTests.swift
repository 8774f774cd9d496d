import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

/// A session that its server ends in the middle of its work: whose it was is told at once, nobody else notices, and the
/// next query of that user is answered.
@Suite(.tags(.proof), .timeLimit(.minutes(5))) struct CutConnectionTests {
    private static let kinds: [EngineKind] = [.postgresql, .mysql]

    @Test(arguments: kinds) func aQueryWhoseSessionIsEndedFailsAtOnceAndTheNextOneWorks(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        try await TestSystem.with(place) { (system: TestSystem) async throws -> Void in
            let ada = try await system.addUser("ada").id
            let bob = try await system.addUser("bob").id
            try await system.addTask("ada's", for: ada)
            try await system.addTask("bob's", for: bob)
            let words = Words(kind)
            // The connection that the next query of the same user gets, too.
            let session = try await system.manager.fetchOne("SELECT \(words.ownSession) AS id", of: ada).integer("id")
            let other = try await OtherSession(of: ada, in: system, at: place)
            let started = ContinuousClock.now
            let query = Task { try await system.manager.fetchAll("SELECT \(words.sleep)", userID: ada) }
            try await other.waitUntilRunning(session, words)
            #expect(try await system.taskTitles(of: bob) == ["bob's"])
            try await other.end(session, words)
            let error = await #expect(throws: TenancyError.self) { try await query.value }
            #expect(error?.code == .connectionFailed)
            #expect(ContinuousClock.now - started < .seconds(15), "it must not have slept to its end")
            #expect(try await system.taskTitles(of: ada) == ["ada's"])
            #expect(try await system.taskTitles(of: bob) == ["bob's"])
            await other.close()
        }
    }

    @Test(arguments: kinds) func aTransactionWhoseSessionIsEndedLeavesNothing(kind: EngineKind) async throws {
        let place = try #require(TestPlace.servers.first { $0.kind == kind })
        try await TestSystem.with(place) { (system: TestSystem) async throws -> Void in
            let ada = try await system.addUser("ada").id
            let other = try await OtherSession(of: ada, in: system, at: place)
            let words = Words(kind)
            let error = await #expect(throws: TenancyError.self) {
                try await system.manager.withUserDatabase(ada) { database in
                    try await database.transaction { database in
                        try await database.execute("INSERT INTO Tasks (Title) VALUES ('one half')")
                        let row = try await database.fetchOne("SELECT \(words.ownSession) AS id")
                        let own = try #require(row)
                        try await other.end(try own.integer("id"), words)
                        try await database.execute("INSERT INTO Tasks (Title) VALUES ('the other half')")
                    }
                }
            }
            #expect(error?.code == .connectionFailed)
            #expect(try await system.taskTitles(of: ada) == [])
            try await system.addTask("whole", for: ada)
            #expect(try await system.taskTitles(of: ada) == ["whole"])
            await other.close()
        }
    }
}

/// The servers' own words.
private struct Words: Sendable {
    let ownSession: String
    let sleep: String
    /// Counts the sessions that run the sleep; its parameter is a session.
    let running: String
    let ending: @Sendable (Int64) -> String

    init(_ kind: EngineKind) {
        if kind == .postgresql {
            ownSession = "pg_backend_pid()"
            sleep = "pg_sleep(30)"
            running = """
                SELECT COUNT(*) AS number FROM pg_stat_activity \
                WHERE pid = ? AND state = 'active' AND query LIKE '%pg_sleep(30)%'
                """
            // Returns when the session is gone.
            ending = { "SELECT pg_terminate_backend(\($0), 5000) AS done" }
        } else {
            ownSession = "CONNECTION_ID()"
            sleep = "SLEEP(30)"
            running = """
                SELECT COUNT(*) AS number FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO LIKE '%SLEEP(30)%'
                """
            ending = { "KILL CONNECTION \($0)" }
        }
    }
}

/// Another connection of a user's own login, which may look at the login's sessions and end them.
private struct OtherSession: Sendable {
    private let connection: any DatabaseConnection

    init(of userID: UserID, in system: TestSystem, at place: TestPlace) async throws {
        let location = try await system.manager.unsafeLocation(of: userID)
        connection = try await place.engine.connect(to: location, as: .maintenance)
    }

    func waitUntilRunning(_ session: Int64, _ words: Words) async throws {
        try await eventually("the query runs") {
            try await connection.cells(words.running, [.integer(session)]) == [1]
        }
    }

    func end(_ session: Int64, _ words: Words) async throws { try await connection.run(words.ending(session)) }

    func close() async { await connection.close() }
}

extension MultiTenantDatabaseManager {
    fileprivate func fetchOne(_ sql: String, of userID: UserID) async throws -> Row {
        try #require(try await fetchAll(sql, userID: userID).first)
    }
}
