/// The result of inspecting a server that should hold user databases.
public struct ServerReport: Sendable {
    /// The product and version as the server reports them.
    public let version: String
    /// Privileges that the provisioning login lacks, each with the statement that grants it; empty if none are
    /// missing.
    public let missing: [String]
    /// Whether this connection was encrypted; nil if the engine does not report it.
    public let isEncrypted: Bool?

    /// Recommendations, each with the statement that follows it.
    public let advice: [String]

    public init(version: String, missing: [String], isEncrypted: Bool?, advice: [String] = []) {
        self.version = version
        self.missing = missing
        self.isEncrypted = isEncrypted
        self.advice = advice
    }
}
