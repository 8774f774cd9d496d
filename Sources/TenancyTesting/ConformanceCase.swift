/// One thing that every engine must do.
///
/// Run them all in a parameterised test:
///
///     @Test(arguments: ConformanceCase.all)
///     func keeps(_ rule: ConformanceCase) async throws { try await rule.run(with: conformance) }
public struct ConformanceCase: Sendable, CustomStringConvertible {
    /// What the engine must do, in words that can stand as the name of a test.
    public let name: String
    private let body: @Sendable (EngineConformance) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (EngineConformance) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// Every case, the ones about the database as a whole first.
    public static let all =
        lifecycle + values + statements + searching + errors + transactions + limits + stopping + roles + migrations

    public var description: String { name }

    /// Tries the case in databases of its own, which it removes again.
    /// - Throws: ``ConformanceFailure`` where the engine does not do it; also where it throws what it should not.
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
