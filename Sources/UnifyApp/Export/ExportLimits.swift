/// How many exports there may be at a time, of all users together.
public struct ExportLimits: Sendable {
    /// Databases that are being copied.
    public var copying = 4
    /// Exports that are being sent. There are more of them than copies, so that a client that reads slowly does not hold
    /// up the copies of others.
    public var sending = 64

    public init() {}
}
