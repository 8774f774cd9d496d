/// Limits on the size of all databases together.
public struct StorageLimits: Sendable {
    /// Free disk space below which writes are refused, capped at a twentieth of the disk; 0 for none.
    public var diskReserveBytes: Int64 = 512 * 1024 * 1024
    /// The size of all databases together from which on nothing more is stored; nil for any.
    public var maxTotalBytes: Int64?

    public init() {}
}
