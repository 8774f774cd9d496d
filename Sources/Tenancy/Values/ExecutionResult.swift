/// The effect of a statement that changes rows.
public struct ExecutionResult: Sendable, Equatable {
    /// The number of rows inserted, updated or deleted.
    public let changes: Int
    /// The generated number of the last row inserted on this connection; nil if the engine does not keep it.
    public let lastInsertID: Int64?

    public init(changes: Int, lastInsertID: Int64?) {
        self.changes = changes
        self.lastInsertID = lastInsertID
    }
}
