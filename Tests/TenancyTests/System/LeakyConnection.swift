import Tenancy

/// Reads the stamp from one database and everything else from another.
final class LeakyConnection: DatabaseConnection {
    private let stamp: any DatabaseConnection
    private let rows: any DatabaseConnection

    init(stamp: any DatabaseConnection, rows: any DatabaseConnection) {
        self.stamp = stamp
        self.rows = rows
    }

    var needsReset: Bool { rows.needsReset }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        let isStamp = statement.sql.contains("Database_Identity")
        return try await (isStamp ? stamp : rows).query(statement, limits: limits)
    }
    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await rows.execute(statement, limits: limits)
    }
    func begin(_ access: Access) async throws { try await rows.begin(access) }
    func commit() async throws { try await rows.commit() }
    func rollback() async throws { try await rows.rollback() }
    func reset() async -> Bool { await rows.reset() }
    func interrupt() { rows.interrupt() }
    func close() async {
        await stamp.close()
        await rows.close()
    }
}
