import MySQLEngine
import UnifyTesting

enum MySQLDatabase {
    /// Lends a location on the MySQL server where there is no database yet, or a database.
    static func with(
        options: MySQLEngine.Options = MySQLEngine.Options(), isMade: Bool = true,
        _ body: (TestDatabase) async throws -> Void
    ) async throws { try await TestDatabase.with(MySQLEngine(options: options), isMade: isMade, body) }
}
