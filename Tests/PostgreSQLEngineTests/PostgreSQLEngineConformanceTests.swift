import PostgreSQLEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite("PostgreSQLEngine keeps what every engine promises", .serialized, .timeLimit(.minutes(15)))
struct PostgreSQLEngineConformanceTests {
    @Test(arguments: ConformanceCase.all)
    func engineKeeps(_ rule: ConformanceCase) async throws {
        let server = try TestDatabaseServer.shared(.postgresql)
        let endless = "SELECT COUNT(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000000000) b"
        try await rule.run(
            with: EngineConformance(PostgreSQLEngine(), endlessQuery: SQLStatement(endless)) { server.newLocation() })
    }
}
