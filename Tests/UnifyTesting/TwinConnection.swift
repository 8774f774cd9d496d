internal import Tenancy

/// A connection to SQLite that writes down what SQL Server would be sent.
final class TwinConnection: GroupingConnection {
    let connection: any GroupingConnection
    private let collector: StatementCollector

    /// - Parameter connection: one of SQLite's, all of which can group transactions.
    init(_ connection: any DatabaseConnection, _ collector: StatementCollector) throws {
        guard let connection = connection as? any GroupingConnection else {
            throw TestFailure("SQLite's transactions cannot share a commit")
        }
        self.connection = connection
        self.collector = collector
    }

    var needsReset: Bool { connection.needsReset }

    func query(_ statement: SQLStatement, limits: StatementLimits) async throws -> ResultSet {
        try await connection.query(own(statement), limits: limits)
    }
    func execute(_ statement: SQLStatement, limits: StatementLimits) async throws -> ExecutionResult {
        try await connection.execute(own(statement), limits: limits)
    }
    func begin(_ access: Access) async throws { try await connection.begin(access) }
    func commit() async throws { try await connection.commit() }
    func rollback() async throws { try await connection.rollback() }
    func beginMember() async throws { try await connection.beginMember() }
    func endMember() async throws { try await connection.endMember() }
    func undoMember() async throws { try await connection.undoMember() }
    func reset() async -> Bool { await connection.reset() }
    func isConnected() async -> Bool { await connection.isConnected() }
    func interrupt() { connection.interrupt() }
    func close() async { await connection.close() }

    private func own(_ statement: SQLStatement) -> SQLStatement {
        if let text = TwinDialect.translated(statement.sql) { collector.collect(text) }
        return SQLStatement(TwinDialect.sentence(forSQLite: statement.sql), statement.parameters)
    }
}
