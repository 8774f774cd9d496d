/// What was found of a server that user databases are to be made on.
public struct ServerReport: Sendable {
    /// The product and its version, in the server's own words.
    public let version: String
    /// Rights that the provisioning login lacks, each with the statement that grants it; empty for a good one.
    public let missing: [String]
    /// Whether this connection was encrypted; nil if the engine does not tell.
    public let isEncrypted: Bool?

    /// What an operator would do well to change, each with the statement that does it.
    public let advice: [String]

    public init(version: String, missing: [String], isEncrypted: Bool?, advice: [String] = []) {
        self.version = version
        self.missing = missing
        self.isEncrypted = isEncrypted
        self.advice = advice
    }
}
