extension DatabaseEngine {
    /// Opens a connection outside every pool, and closes it when the body returns.
    package func withConnection<Result>(
        to location: DatabaseLocation, as role: ConnectionRole, _ body: (any DatabaseConnection) async throws -> Result
    ) async throws -> Result {
        let connection = try await connect(to: location, as: role)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}
