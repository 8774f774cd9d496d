/// What the pool and the provisioner must know of an engine.
public struct EngineCapabilities: Sendable {
    /// Whether only one connection of a database can write at a time.
    public let hasSingleWriter: Bool
    /// File descriptors that one open connection takes.
    public let descriptorsPerConnection: Int
    /// Whether databases are files of this machine, with no server and no logins.
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
