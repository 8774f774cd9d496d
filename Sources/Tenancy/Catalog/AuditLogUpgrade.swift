/// The result of adding the key to an older audit log.
public struct AuditLogUpgrade: Sendable {
    /// The number of existing entries.
    public let entries: Int
    /// The first entry that did not match the old chain, or before which one was missing; nil if all matched.
    public let firstFault: Int64?
    /// Passwords that do not open, and so could not be bound to their servers.
    public let unopened: [UnopenedSecret]

    init(_ beginning: AuditBeginning, unopened: [UnopenedSecret]) {
        self.unopened = unopened
        entries = beginning.entries
        if case .broken(let id) = beginning.oldChain { firstFault = id } else { firstFault = nil }
    }
}
