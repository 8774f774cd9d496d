internal import Logging
internal import Synchronization

/// The external record of the main database, which reveals a restored older copy and a truncated audit log.
extension MultiTenantDatabaseManager {
    /// The main database compared with its record.
    public enum MainDatabaseAge: Sendable, Hashable {
        /// As recorded, or not recorded yet.
        case current
        /// It was recorded, and the record is gone, so that its age is unknown.
        case unrecorded
        /// The record is of other main databases.
        case foreign
        /// Older than the record: a copy from before that time was restored.
        case older(than: Timestamp)
    }

    /// Compares the main database with the record.
    public func mainDatabaseAge() async throws -> MainDatabaseAge {
        switch try await witness.examine() {
        case .unknown, .current: .current
        case .missing: .unrecorded
        case .foreign: .foreign
        case .older(let known, _): .older(than: known)
        }
    }

    /// Whether ``reconcile(olderThan:)`` found the main database to be an older copy.
    public var foundOlderCopy: Bool { hasFoundOlderCopy.load(ordering: .relaxed) }

    /// When the main database was last found to be an older copy, and its effects were undone.
    public func mainDatabaseRestoredAt() async throws -> Timestamp? { try await witness.restoredAt() }

    /// Verifies the audit log's chain from its beginning, and compares the log with the record and with the objects
    /// of its entries.
    public func verifyAuditLog() async throws -> AuditLog.Verification {
        let noted = try await witness.notedCodes()
        return try await main.withDatabase(.read) {
            try await AuditLog($0).verify(noted: noted, isCovered: options.isCovered)
        }
    }

    /// Why the last attempt to write the record failed; nil if it succeeded.
    public var mainRecordFault: String? { recordAttempts.fault }

    /// Why the record of the main database cannot be written, as far as can be seen without writing; nil if it can.
    public func faultOfMainRecord() async -> String? {
        do {
            try await witness.file.requireWritable()
            return nil
        } catch {
            return (error as? TenancyError)?.message ?? "\(error)"
        }
    }

    /// Records the state of the main database if anything changed that the record must include. After failures,
    /// attempts become less frequent, because each commits a state to the main database.
    /// - Parameter isLast: whether to try at once regardless, because the process is ending.
    public func noteMainDatabase(isLast: Bool = false) async {
        guard recordAttempts.isDue(at: main.time.monotonicNow) || isLast, main.context.takeChange() else { return }
        do {
            let head = try await noteTwice()
            if let head, recordAttempts.isToTell(head.auditID, at: main.time.monotonicNow, isLast: isLast) {
                // If logs are sent to another machine, this line anchors the audit log there.
                logger.info(
                    "the newest entry of the audit log",
                    metadata: ["audit_id": "\(head.auditID)", "code": "\(head.code)"])
            }
            if recordAttempts.succeeded() { logger.notice("the record of the main database is written again") }
        } catch {
            main.context.noteChange()
            if recordAttempts.failed(error, at: main.time.monotonicNow) {
                logger.warning(
                    "the record of the main database cannot be written: an older copy that is put back may go unnoticed",
                    metadata: ["error": "\(error)"])
            }
        }
    }

    private func noteTwice() async throws -> (auditID: Int64, code: String)? {
        do {
            return try await witness.note()
        } catch let error as TenancyError where error.code == .uniqueViolation {
            // Another process did it at the same moment.
            return try await witness.note()
        }
    }

    /// If the main database is an older copy, ends the restored sessions and records that.
    /// - Returns: whether it is an older copy.
    func endWhatAnOlderCopyBroughtBack() async throws -> Bool {
        switch try await witness.examine() {
        case .unknown, .current: break
        case .missing:
            logger.warning(
                "the record of the main database is not there: an older copy, or an audit log that was cut, goes unnoticed this once",
                metadata: ["path": "\(witness.file.path)"])
        case .foreign:
            logger.warning(
                "the record beside the main database is of another one; this one is recorded from now on",
                metadata: ["path": "\(witness.file.path)"])
        case .older(let known, let number):
            let isEnded = try await endSessions(lackedSince: known)
            try await options.faults.reached(FaultPoints.after(RestoreStep.sessions))
            try await witness.note(above: number, isRestored: true)
            logger.error(
                isEnded
                    ? "the main database is an older copy: all sessions were ended; passwords, suspensions and audit entries since then are lost"
                    : "the main database is an older copy than this machine knows; another process has ended all sessions since",
                metadata: ["recorded": "\(known.rfc3339)"])
            return true
        }
        // If the record cannot be written now, for example on a full disk, it is retried while users are served.
        main.context.noteChange()
        await noteMainDatabase()
        return false
    }
    /// Each machine keeps its own record. The audit log tells whether another machine has ended the sessions since
    /// the newest state that this record lacks.
    /// - Returns: whether they were ended now.
    private func endSessions(lackedSince known: Timestamp) async throws -> Bool {
        let (date, action) = (main.time.wallNow, RestoreStep.auditAction)
        return try await main.transaction { database in
            let log = AuditLog(database)
            // An entry from a clock that was ahead proves nothing about the order.
            func isEnded() async throws -> Bool {
                guard let entry = try await log.newest(action) else { return false }
                return entry.date > known && entry.date <= date
            }
            if try await isEnded() { return false }
            // The log's head is locked last, as everywhere: its holder never waits for a row.
            try await options.endAllSessions(database, date)
            try await ChangeLog(database).appendKeyChange(date: date)
            // If two processes start at once, the second waits and sees what the first did.
            try await log.lock()
            if try await isEnded() { return false }
            try await log.append(
                action, actor: nil, userID: nil,
                detail: "an older copy than of \(known.rfc3339); all sessions were ended", date: date)
            return true
        }
    }
}
