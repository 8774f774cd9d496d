/// The bounds of one statement.
public struct StatementLimits: Sendable {
    public var access: Access
    /// How long the statement may run, waiting for locks included.
    public var timeLimit: Duration
    /// The most rows that a result may have.
    public var maxRows: Int
    /// The most bytes of text and blobs that a result may have.
    public var maxBytes: Int
    /// Whether the statement may take long though it reads few rows.
    public var isLong = false

    public init(
        access: Access = .write, timeLimit: Duration = .seconds(30), maxRows: Int = 100_000,
        maxBytes: Int = 64 * 1024 * 1024
    ) {
        self.access = access
        self.timeLimit = timeLimit
        self.maxRows = maxRows
        self.maxBytes = maxBytes
    }
}
