/// The bounds of one statement.
public struct StatementLimits: Sendable {
    public var access: Access
    /// The longest run time, including waits for locks.
    public var timeLimit: Duration
    /// The most rows of a result.
    public var maxRows: Int
    /// The most bytes of text and blobs in a result.
    public var maxBytes: Int
    /// Whether the statement may take long although it returns few rows.
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
