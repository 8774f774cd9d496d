/// An engine's violation of a requirement.
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
