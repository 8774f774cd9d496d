import MySQLEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite("MySQLEngine keeps what every engine promises", .timeLimit(.minutes(5)))
struct MySQLEngineConformanceTests {
    /// Counts up for ever. `SLEEP` would do for the eye, but ends without an error when it is killed.
    private static let endless: SQLStatement =
        "SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c"

    @Test(arguments: ConformanceCase.all)
    func engineKeeps(_ rule: ConformanceCase) async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        try await rule.run(
            with: EngineConformance(MySQLEngine(), endlessQuery: Self.endless) { server.newLocation() })
    }
}
