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

    /// Writes down the state of the main database where anything has changed that the record is to know of.
    public func noteMainDatabase() async {
        guard main.context.takeChange() else { return }
        do {
            do {
                try await witness.note()
            } catch let error as TenancyError where error.code == .uniqueViolation {
                // Another process did it at the same moment.
                try await witness.note()
            }
        } catch {
            main.context.noteChange()
            logger.warning(
                "the record of the main database cannot be written", metadata: ["error": "\(error)"])
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
            let date = main.time.wallNow
            try await main.transaction { database in
                try await options.endAllSessions(database, date)
                try await ChangeLog(database).appendKeyChange(date: date)
                try await AuditLog(database).append(
                    "main_database.restored", actor: nil, userID: nil,
                    detail: "an older copy than of \(known.rfc3339); all sessions were ended", date: date)
            }
            try await options.faults.reached(FaultPoints.after(RestoreStep.sessions))
            try await witness.note(above: number, isRestored: true)
            logger.error(
                "the main database is an older copy: all sessions were ended; passwords, suspensions and audit entries since then are lost",
                metadata: ["recorded": "\(known.rfc3339)"])
            return true
        }
        // Where it cannot be written now, on a full disk for example, it is tried again while users are served.
        main.context.noteChange()
        await noteMainDatabase()
        return false
    }
}
