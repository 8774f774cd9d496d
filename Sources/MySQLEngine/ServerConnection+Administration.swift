internal import Tenancy

extension ServerConnection<MySQLHandle> {
    /// Runs the engine's own work.
    func administer<Result: Sendable>(
        limit: Duration? = nil, _ body: @escaping @Sendable (MySQLLink) throws -> Result
    ) async throws -> Result {
        try await run(limit: limit) { try $0.administer(body) }
    }
}
