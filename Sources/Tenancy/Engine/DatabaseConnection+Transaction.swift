extension DatabaseConnection {
    /// Runs the body in a write transaction, which is rolled back if the body or the commit throws.
    package func inTransaction<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async throws -> Result {
        try await begin(.write)
        do {
            let result = try await body()
            try await commit()
            return result
        } catch {
            try await rollback()
            throw error
        }
    }
}
