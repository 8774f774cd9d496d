/// A row of `Job_Item`: one database that a job works on.
public struct JobItem: Sendable {
    public enum State: String, Sendable, CaseIterable { case queued, running, done, failed, skipped }

    public let id: Int64
    public let jobID: Int64
    public let database: DatabaseID
    public let userID: UserID?
    /// The address of the database's server; nil for a file.
    public let lane: String?
    /// The wave in which its turn comes, from 0.
    public let wave: Int
    public private(set) var state: State
    public private(set) var attempts: Int
    public let error: String?
    public private(set) var startedAt: Timestamp?
    public let endedAt: Timestamp?

    /// The same item, handed out.
    func begun(at date: Timestamp) -> JobItem {
        var copy = self
        (copy.state, copy.attempts, copy.startedAt) = (.running, attempts + 1, date)
        return copy
    }
}
