/// What an engine did that it must not do, or did not do that it must.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// The name of the case.
    public var caseName: String
    public let message: String

    public init(_ message: String, in caseName: String = "") {
        self.caseName = caseName
        self.message = message
    }

    public var description: String { caseName.isEmpty ? message : "\(caseName): \(message)" }
}
