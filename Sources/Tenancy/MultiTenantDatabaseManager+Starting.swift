internal import Logging
internal import Synchronization

/// The work at the start of a process.
extension MultiTenantDatabaseManager {
    /// Does what must precede serving users: if an older copy of the main database was restored, ends all sessions
    /// and refuses users who had been removed since. Accesses only the main database, so a dead server does not delay
    /// the start; ``run()`` does the rest while users are served.
    public func prepare() async throws {
        if try await endWhatAnOlderCopyBroughtBack() { hasFoundOlderCopy.store(true, ordering: .relaxed) }
        try await refuseReturnedUsers()
    }

    /// Completes the jobs that earlier processes left unfinished. If an older copy of the main database was restored,
    /// also ends all sessions and removes users who had been removed since. Jobs of different servers run
    /// independently, so an unreachable server delays only its own.
    ///
    /// ``run()`` does the same, after ``prepare()``, while users are served, for jobs whose owners do not run any more.
    /// - Parameter age: only jobs without progress for at least this long, and without a living owner. Without it, jobs
    ///   that other processes work on are taken over too.
    /// - Returns: how many jobs were ended, and how many failed again.
    @discardableResult
    public func reconcile(olderThan age: Duration = .zero) async throws -> (ended: Int, failed: Int) {
        guard age == .zero else {
            return try await attemptUnfinishedJobs(before: main.time.wallNow.adding(.zero - age))
        }
        try await prepare()
        await removeReturnedUsers()
        return try await attemptUnfinishedJobs()
    }

    /// The same, for jobs whose owners do not run any more.
    func finishWhatWasLeft() async {
        await removeReturnedUsers()
        do {
            let ended = try await jobs.runner.finishWhatWasLeft { [self] in await apply(.user($0)) }
            logger.notice(
                "what was left behind was looked after",
                metadata: ["ended": "\(ended.ended)", "failed": "\(ended.failed)"])
        } catch {
            logger.warning("jobs left behind cannot be read", metadata: ["error": "\(error)"])
        }
    }
}
