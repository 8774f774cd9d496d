/// Asks until the answer is yes, every 20 ms. A machine that runs all tests at once is given more time than the program
/// promises.
/// - Throws: ``TestFailure`` if it is not so within the limit.
public func eventually(
    _ what: String, within limit: Duration = .seconds(15), isolation: isolated (any Actor)? = #isolation,
    _ isTrue: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw TestFailure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
