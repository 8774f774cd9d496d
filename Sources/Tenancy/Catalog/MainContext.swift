internal import Synchronization

/// What goes along with every lease of the main database: the key of its audit log, and whether anything was written that
/// the record beside it is to know of.
final class MainContext: Sendable {
    private let key = Lock<AuditKey?>(nil)
    private let hasChanges = Atomic(false)
    /// Who works with the main database where no user does, as the audit log names them; nil for the server itself.
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

    /// Whether there was a change since this was asked last.
    func takeChange() -> Bool { hasChanges.exchange(false, ordering: .acquiringAndReleasing) }
}
