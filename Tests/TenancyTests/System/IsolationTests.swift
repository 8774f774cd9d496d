import SQLiteEngine
import Tenancy
import TenancyTesting
import Testing

/// Nobody sees another's rows, whatever happens at the same time; and the oracle that says so can tell.
@Suite(.timeLimit(.minutes(20))) struct IsolationTests {
    private func report(
        _ engine: any DatabaseEngine, users: Int, keeping kept: Set<UserID> = [], seed: UInt64
    ) async throws -> IsolationOracle.Report {
        let pool = PoolLimits(poolSize: 2, maxOverflow: 1, maxConnections: 6, waitLimit: .seconds(60))
        let options = MultiTenantDatabaseManager.Options(pool: pool)
        return try await TestSystem.with(engine, options: options) { system in
            var ids: [UserID] = []
            for number in 0..<users { ids.append(try await system.addUser("user\(number)").id) }
            let oracle = IsolationOracle(system: system, users: ids, keeping: kept, seed: seed) {
                try await TestSystem.open(
                    engine, mainLocation: system.main.location, in: system.directory, options: options)
            }
            return try await oracle.run(tasks: 24, steps: 80)
        }
    }

    @Test(arguments: Proof.seeds([1, 2, 3])) func noRowIsForeignAndNoAcknowledgedWriteIsLost(seed: UInt64) async throws
    {
        let report = try await report(SQLiteEngine(), users: 12, seed: seed)
        report.tell(at: "sqlite")
        #expect(report.foreignRows == [], "seed \(seed)")
        #expect(report.lostWrites == [], "seed \(seed)")
        #expect(report.unexplained == [], "seed \(seed)")
        #expect(report.steps == 24 * 80)
        #expect(report.writes > 100, "the run must do something")
    }

    @Test func aPlantedLeakIsFound() async throws {
        let engine = LeakyEngine(SQLiteEngine(), leak: (asked: "user_3.db", opened: "user_4.db"))
        let report = try await report(engine, users: 6, keeping: [3, 4], seed: 4)
        #expect(!report.foreignRows.isEmpty)
    }
}
