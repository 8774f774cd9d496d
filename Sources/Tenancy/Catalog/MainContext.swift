internal import Synchronization

/// State shared by all leases of the main database: the audit log's key, and whether there were changes that the
/// external record must include.
final class MainContext: Sendable {
    private let key = Lock<AuditKey?>(nil)
    private let hasChanges = Atomic(false)
    /// Who acts when no user does, as written to the audit log; nil for the server.
    let operatorName: String?

    init(operatorName: String?) { self.operatorName = operatorName }

    /// - Throws: ``TenancyError`` `keyMissing` before the key was opened.
    func auditKey() throws -> AuditKey {
        guard let key = key.withLock({ $0 }) else {
            throw TenancyError(
                .keyMissing, "The audit log's key is not open. Call KeyCheck(main).verify(keyRing) after opening.")
        }
        return key
    }

    func set(_ auditKey: AuditKey) { key.withLock { $0 = auditKey } }

    func noteChange() { hasChanges.store(true, ordering: .releasing) }

    /// Whether anything changed since the last call.
    func takeChange() -> Bool { hasChanges.exchange(false, ordering: .acquiringAndReleasing) }
}
