internal import Logging
internal import Synchronization

/// What is to be done when a process starts.
extension MultiTenantDatabaseManager {
    /// Does what must be done before users are served: where an older copy of the main database was put back, ends all
    /// sessions, and refuses again those who had been removed since. Asks no database but the main one, so that no dead server
    /// delays a start; ``run()`` does the rest while users are served.
    public func prepare() async throws {
        if try await endWhatAnOlderCopyBroughtBack() { hasFoundOlderCopy.store(true, ordering: .relaxed) }
        try await refuseReturnedUsers()
    }

    /// Ends what earlier processes left undone; where an older copy of the main database was put back, ends all sessions and
    /// removes again who was removed since. Each server has a lane of its own, so that one that does not answer holds up no
    /// other's jobs.
    ///
    /// ``run()`` does the same, after ``prepare()``, while users are served.
    /// - Parameter age: only jobs on which nothing has happened for so long.
    /// - Returns: how many jobs were ended, and how many failed again.
    @discardableResult
    public func reconcile(olderThan age: Duration = .zero) async throws -> (ended: Int, failed: Int) {
        guard age == .zero else { return try await reconciler.run(before: main.time.wallNow.adding(.zero - age)) }
        try await prepare()
        await removeReturnedUsers()
        return try await reconciler.run()
    }

    /// The same for what was left behind before this process began to serve.
    func finishWhatWasLeft(before date: Timestamp) async {
        await removeReturnedUsers()
        do {
            let ended = try await reconciler.run(before: date)
            logger.notice(
                "what was left behind was looked after",
                metadata: ["ended": "\(ended.ended)", "failed": "\(ended.failed)"])
        } catch {
            logger.warning("jobs left behind cannot be read", metadata: ["error": "\(error)"])
        }
    }
}
