/// One batch of a data step, in a write transaction of its own.
///
/// Its changes and its end are committed together: a batch is done once, or it is done again from its beginning.
public struct MigrationBatch: Sendable {
    /// What the batch before returned; nil in the first.
    public let position: String?
    public let dialect: any Dialect
    let connection: any DatabaseConnection
    let limits: StatementLimits

    /// Runs a query.
    public func fetchAll(_ sql: String, _ parameters: [SQLValue] = []) async throws -> ResultSet {
        try await connection.query(SQLStatement(sql, parameters), limits: limits)
    }

    /// Runs a statement for its effect.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [SQLValue] = []) async throws -> ExecutionResult {
        try await connection.execute(SQLStatement(sql, parameters), limits: limits)
    }
}
