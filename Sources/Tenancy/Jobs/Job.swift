/// A row of `Job`: durable work that any process can take over.
public struct Job: Sendable {
    public let id: Int64
    public let kind: JobKind
    /// The user whose database it works on; nil for work on several or none.
    public let userID: UserID?
    public let state: JobState
    /// What the handler was given: text of its own form, such as JSON. Never holds a secret.
    public let payload: String?
    /// Why it failed, or why its last attempt did.
    public let error: String?
    /// How often it was claimed. The number fences: only the owner of the latest attempt can write.
    public let attempts: Int
    /// The process that works on it; nil if none does.
    public let owner: JobOwner?
    /// When another process may take it over, unless its owner renews the lease.
    public let leaseUntil: Timestamp?
    /// The next attempt is not made before; nil for at once.
    public let notBefore: Timestamp?
    public let wish: JobWish
    /// Who expressed the wish.
    public let wishedBy: JobActor
    /// The address of the server that it needs; nil for none.
    public let lane: String?
    /// How many steps or items there are; nil while that is unknown.
    public let total: Int?
    public let done: Int
    public let failed: Int
    public let skipped: Int
    public let parentID: Int64?
    /// Who asked for it.
    public let actor: JobActor
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// When its first attempt began.
    public let startedAt: Timestamp?
    public let endedAt: Timestamp?

    /// Whether a process has the right to work on it now.
    public func isOwned(at date: Timestamp) -> Bool {
        state == .running && owner != nil && leaseUntil.map { $0 >= date } == true
    }
}
