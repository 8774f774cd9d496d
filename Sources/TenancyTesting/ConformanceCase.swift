/// One thing that every engine must do.
///
/// Run them all in a parameterised test:
///
///     @Test(arguments: ConformanceCase.all)
///     func keeps(_ rule: ConformanceCase) async throws { try await rule.run(with: conformance) }
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// The requirement, worded as the name of a test.
    public let name: String
    private let body: @Sendable (EngineConformance) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (EngineConformance) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// All cases; those about whole databases come first.
    public static let all =
        lifecycle + values + statements + searching + errors + transactions + limits + stopping + roles + migrations

    public var description: String { name }

    /// Runs the case in its own databases, and removes them.
    /// - Throws: ``ConformanceFailure`` if the engine does not meet the requirement, or throws an unexpected error.
    public func run(with conformance: EngineConformance) async throws(ConformanceFailure) {
        do {
            try await body(conformance)
        } catch let failure as ConformanceFailure {
            throw ConformanceFailure(failure.message, in: name)
        } catch {
            throw ConformanceFailure("it failed with: \(String(reflecting: error))", in: name)
        }
    }
}
