import MySQLEngine
import Tenancy
import UnifyTesting

enum MySQLDatabase {
    /// Lends a location on the MySQL server where there is no database yet, or a database. Without TLS, so that statements
    /// wait for the socket where they can.
    static func with(
        options: MySQLEngine.Options = MySQLEngine.Options(), isMade: Bool = true,
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        try await TestDatabase.with(
            MySQLEngine(options: options), tls: TLSOptions(mode: .disable), isMade: isMade, body)
    }
}
