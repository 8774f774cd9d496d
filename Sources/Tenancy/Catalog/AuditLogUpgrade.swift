/// What was found when the chain of an older audit log got its key.
public struct AuditLogUpgrade: Sendable {
    /// How many entries there were.
    public let entries: Int
    /// The first that did not fit its chain, or was missing before it; nil where all did.
    public let firstFault: Int64?

    init(_ beginning: AuditBeginning) {
        entries = beginning.entries
        if case .broken(let id) = beginning.oldChain { firstFault = id } else { firstFault = nil }
    }
}
