/// The engine's properties that the pool and the provisioner depend on.
public struct EngineCapabilities: Sendable {
    /// Whether only one connection of a database can write at a time.
    public let hasSingleWriter: Bool
    /// File descriptors per open connection.
    public let descriptorsPerConnection: Int
    /// Whether databases are files on this machine, without servers and logins.
    public let isEmbedded: Bool
    /// Whether its connections are ``GroupingConnection``s.
    package let sharesCommits: Bool

    public init(hasSingleWriter: Bool, descriptorsPerConnection: Int, isEmbedded: Bool) {
        self.init(
            hasSingleWriter: hasSingleWriter, descriptorsPerConnection: descriptorsPerConnection,
            isEmbedded: isEmbedded, sharesCommits: false)
    }

    package init(hasSingleWriter: Bool, descriptorsPerConnection: Int, isEmbedded: Bool, sharesCommits: Bool) {
        self.hasSingleWriter = hasSingleWriter
        self.descriptorsPerConnection = descriptorsPerConnection
        self.isEmbedded = isEmbedded
        self.sharesCommits = sharesCommits
    }
}
