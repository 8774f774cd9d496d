/// What a statement that changes rows did.
public struct ExecutionResult: Sendable, Equatable {
    /// How many rows were inserted, updated or deleted.
    public let changes: Int
    /// The number that the engine gave to the row inserted last on this connection; nil if it keeps none.
    public let lastInsertID: Int64?

    public init(changes: Int, lastInsertID: Int64?) {
        self.changes = changes
        self.lastInsertID = lastInsertID
    }
}
