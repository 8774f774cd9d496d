/// Verifies the unkeyed hash chain of an older installation and computes the digest of its entries.
///
/// Entries from before that chain was begun have no hash.
struct OldAuditWalk: Sendable {
    private var entries = 0
    private var digest = ""
    private var previous = ""
    private var fault: Int64?

    /// Takes the next entry, in ascending order.
    mutating func take(_ entry: AuditLog.Entry, hash: String?) {
        entries += 1
        digest = AuditChain.hash(entry, after: digest)
        guard fault == nil, hash != nil || !previous.isEmpty else { return }
        guard let hash, hash == AuditChain.hash(entry, after: previous) else {
            fault = entry.id
            return
        }
        previous = hash
    }

    /// - Parameter head: the stored head of the chain.
    func end(head: (id: Int64, hash: String)) -> AuditBeginning {
        let fault = fault ?? (previous == head.hash ? nil : head.id)
        let chain = fault.map(AuditBeginning.OldChain.broken) ?? (previous.isEmpty ? .none : .whole)
        return AuditBeginning(entries: entries, digest: digest, oldChain: chain)
    }
}
