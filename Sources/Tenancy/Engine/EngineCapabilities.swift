/// What the pool and the provisioner must know of an engine.
public struct EngineCapabilities: Sendable {
    /// Whether only one connection of a database can write at a time.
    public let hasSingleWriter: Bool
    /// File descriptors that one open connection takes.
    public let descriptorsPerConnection: Int

    public init(hasSingleWriter: Bool, descriptorsPerConnection: Int) {
        self.hasSingleWriter = hasSingleWriter
        self.descriptorsPerConnection = descriptorsPerConnection
    }
}
