internal import Logging
internal import Synchronization

/// The record beside the main database, by which an older copy that was put back, and a cut audit log, are found.
extension MultiTenantDatabaseManager {
    /// What the record says of the main database.
    public enum MainDatabaseAge: Sendable, Hashable {
        /// As the record knows it, or the record knows nothing of it yet.
        case current
        /// The record is of other main databases.
        case foreign
        /// Older than the record: a copy from before that time was put back.
        case older(than: Timestamp)
    }

    /// Compares the main database with the record.
    public func mainDatabaseAge() async throws -> MainDatabaseAge {
        switch try await witness.examine() {
        case .unknown, .current: .current
        case .foreign: .foreign
        case .older(let known, _): .older(than: known)
        }
    }

    /// Whether ``reconcile(olderThan:)`` found the main database to be an older copy.
    public var foundOlderCopy: Bool { hasFoundOlderCopy.load(ordering: .relaxed) }

    /// When the main database was last found to be an older copy, and what that brought back was ended.
    public func mainDatabaseRestoredAt() async throws -> Timestamp? { try await witness.restoredAt() }

    /// Follows the chain of the audit log from its beginning, and compares it with the record and with what it speaks of.
    public func verifyAuditLog() async throws -> AuditLog.Verification {
        let noted = try await witness.notedCodes()
        return try await main.withDatabase(.read) {
            try await AuditLog($0).verify(noted: noted, isCovered: options.isCovered)
        }
    }

    /// Why the record could not be written when that was last tried; nil if it could.
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

    /// Writes down the state of the main database where anything has changed that the record is to know of. Where that
    /// fails it is tried again later and later, for each try commits a state to the main database.
    /// - Parameter isLast: whether to try at once even so, because the process ends.
    public func noteMainDatabase(isLast: Bool = false) async {
        guard recordAttempts.isDue(at: main.time.monotonicNow) || isLast, main.context.takeChange() else { return }
        do {
            let head = try await noteTwice()
            if let head, recordAttempts.isToTell(head.auditID, at: main.time.monotonicNow, isLast: isLast) {
                // Where logs go to another machine, the audit log has an anchor there.
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

    /// Where the main database is an older copy, ends the sessions that it brought back, and says so.
    /// - Returns: whether it is.
    func endWhatAnOlderCopyBroughtBack() async throws -> Bool {
        switch try await witness.examine() {
        case .unknown: break
        case .current: break
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
        // Where it cannot be written now, on a full disk for example, it is tried again while users are served.
        main.context.noteChange()
        await noteMainDatabase()
        return false
    }
    /// Several machines keep a record each: the audit log says whether one of them has ended the sessions since the newest
    /// state that this one misses.
    /// - Returns: whether they were ended now.
    private func endSessions(lackedSince known: Timestamp) async throws -> Bool {
        let (date, action) = (main.time.wallNow, RestoreStep.auditAction)
        return try await main.transaction { database in
            let log = AuditLog(database)
            // An entry from a clock that was ahead says nothing of what came first.
            func isEnded() async throws -> Bool {
                guard let entry = try await log.newest(action) else { return false }
                return entry.date > known && entry.date <= date
            }
            if try await isEnded() { return false }
            // The head of the log comes last, as everywhere: whoever holds it never waits for a row.
            try await options.endAllSessions(database, date)
            try await ChangeLog(database).appendKeyChange(date: date)
            // Of two that start at once, the second waits, and sees what the first one did.
            try await log.lock()
            if try await isEnded() { return false }
            try await log.append(
                action, actor: nil, userID: nil,
                detail: "an older copy than of \(known.rfc3339); all sessions were ended", date: date)
            return true
        }
    }
}
