/// What was found of a server that user databases are to be made on.
public struct ServerReport: Sendable {
    /// The product and its version, in the server's own words.
    public let version: String
    /// Rights that the provisioning login lacks, each with the statement that grants it; empty for a good one.
    public let missing: [String]
    /// Whether this connection was encrypted; nil where the engine does not tell.
    public let isEncrypted: Bool?

    public init(version: String, missing: [String], isEncrypted: Bool?) {
        self.version = version
        self.missing = missing
        self.isEncrypted = isEncrypted
    }
}
