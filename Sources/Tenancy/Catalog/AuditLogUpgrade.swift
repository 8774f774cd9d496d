/// What was found when the chain of an older audit log got its key.
public struct AuditLogUpgrade: Sendable {
    /// How many entries there were.
    public let entries: Int
    /// The first that did not fit its chain, or was missing before it; nil where all did.
    public let firstFault: Int64?
    /// Passwords that could not be bound to the servers that they are sent to, because they do not open.
    public let unopened: [UnopenedSecret]

    init(_ beginning: AuditBeginning, unopened: [UnopenedSecret]) {
        self.unopened = unopened
        entries = beginning.entries
        if case .broken(let id) = beginning.oldChain { firstFault = id } else { firstFault = nil }
    }
}
