/// Runs what an engine does before it changes anything, such as connecting, and says so in the error.
package func beforeAnyEffect<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
) async throws -> Result {
    do {
        return try await body()
    } catch var error as TenancyError {
        error.isBeforeAnyEffect = true
        throw error
    }
}
