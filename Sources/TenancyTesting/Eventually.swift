/// Asks until the answer is yes, every 20 ms. A machine that runs all tests at once is given more time than the program
/// promises.
/// - Throws: ``TooLate`` if it is not so within the limit.
package func eventually(
    _ what: String, within limit: Duration = .seconds(15), isolation: isolated (any Actor)? = #isolation,
    _ isTrue: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw TooLate("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
