import MySQLEngine
import Tenancy
import TenancyTesting
import Testing
import UnifyTesting

@Suite("MySQLEngine keeps what every engine promises", .serialized, .timeLimit(.minutes(15)))
struct MySQLEngineConformanceTests {
    /// Counts to 900⁴. `SLEEP` would not do: it ends without an error when it is killed.
    private static let endless: SQLStatement = """
        WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 900)
        SELECT COUNT(*) FROM n a, n b, n c, n d
        """

    /// Encrypted, where every statement takes a thread, and plain, where those that were prepared before take none.
    @Test(arguments: ConformanceCase.all, [TLSOptions.Mode.prefer, .disable])
    func engineKeeps(_ rule: ConformanceCase, tls: TLSOptions.Mode) async throws {
        let server = try TestDatabaseServer.shared(.mysql)
        try await rule.run(
            with: EngineConformance(MySQLEngine(), endlessQuery: Self.endless) {
                var location = server.newLocation()
                location.tls = TLSOptions(mode: tls)
                return location
            })
    }
}
