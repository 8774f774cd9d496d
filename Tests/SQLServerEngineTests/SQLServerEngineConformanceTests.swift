import SQLServerEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite(
    "SQLServerEngine keeps what every engine promises", .serialized, .timeLimit(.minutes(15)),
    .enabled(if: TestDatabaseServer.hasSQLServer, "UNIFY_TEST_SQLSERVER_URL names no server"))
struct SQLServerEngineConformanceTests {
    private static let endless: SQLStatement = """
        SELECT COUNT_BIG(*) FROM sys.all_columns a CROSS JOIN sys.all_columns b CROSS JOIN sys.all_columns c \
        CROSS JOIN sys.all_columns d
        """

    @Test(arguments: ConformanceCase.all)
    func engineKeeps(_ rule: ConformanceCase) async throws {
        let server = try TestDatabaseServer.shared(.sqlserver)
        try await rule.run(
            with: EngineConformance(SQLServerEngine(), endlessQuery: Self.endless) { server.newLocation() })
    }
}
