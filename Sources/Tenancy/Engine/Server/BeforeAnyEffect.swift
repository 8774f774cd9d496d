/// Runs work that precedes any effect, such as connecting, and marks its errors accordingly.
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
