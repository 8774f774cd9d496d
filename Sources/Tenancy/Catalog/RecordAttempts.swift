internal import Synchronization

/// When to write the record of the main database next, after failed attempts.
final class RecordAttempts: Sendable {
    static let longestPause: Duration = .seconds(300)
    /// The shortest interval between two log lines about the newest audit log entry.
    static let tellingInterval: Duration = .seconds(60)

    private struct State {
        var fault: String?
        var pause = Duration.seconds(1)
        var dueAt = Duration.zero
    }

    private let state = Lock(State())
    private let told = Lock<(auditID: Int64, at: Duration)?>(nil)

    /// Why the last attempt failed; nil if it succeeded.
    var fault: String? { state.withLock { $0.fault } }

    func isDue(at now: Duration) -> Bool { state.withLock { $0.fault == nil || now >= $0.dueAt } }

    /// Whether to log this entry, the newest of the audit log, now.
    func isToTell(_ auditID: Int64, at now: Duration, isLast: Bool) -> Bool {
        told.withLock { told in
            if let told, auditID == told.auditID || (now - told.at < Self.tellingInterval && !isLast) { return false }
            told = (auditID, now)
            return true
        }
    }

    /// - Returns: whether the previous attempt had failed.
    func succeeded() -> Bool {
        state.withLock { state in
            let hadFailed = state.fault != nil
            state = State()
            return hadFailed
        }
    }

    /// - Returns: whether this is the first failure, or has another reason than the last one.
    func failed(_ error: any Error, at now: Duration) -> Bool {
        let fault = (error as? TenancyError)?.message ?? "\(error)"
        return state.withLock { state in
            let isNews = state.fault != fault
            state.fault = fault
            state.dueAt = now + state.pause
            state.pause = min(state.pause * 2, Self.longestPause)
            return isNews
        }
    }
}
