/// Jobs that did not get to their end by themselves.
extension MultiTenantDatabaseManager {
    /// What came of trying a job again.
    public enum RetryOutcome: Sendable {
        /// What the job was for is done.
        case done
        /// It failed again, and can be tried again; the job says why.
        case failed
        /// There is nothing to try: the job was ended, or was undone together with its user.
        case ended
    }

    /// Tries a job again that is left behind or has failed. Safe while it runs: it waits for whoever works on the user.
    ///
    /// - Parameter actor: the administrator who asked for it, for the audit log.
    /// - Throws: what a database that cannot be made throws.
    public func retryJob(_ id: Int64, actor: UserID? = nil) async throws -> RetryOutcome {
        guard let job = try await main.withDatabase(.read, { try await JobRepository($0).find(id) }),
            let userID = job.userID
        else { return .ended }
        if job.isRetryable { try await record("job.retry", actor: actor, userID: userID, detail: "job \(id)") }
        switch (job.state, job.kind) {
        case (.running, _): return await reconciler.resume(job) ? .done : .failed
        case (.failed, .provision):
            _ = try await initializeUserDatabase(userID, actor: actor)
            return .done
        case (.failed, .rotatePassword):
            try await rotatePassword(of: userID, actor: actor)
            return .done
        case (.failed, .register), (.failed, .purge), (.done, _): return .ended
        }
    }
}
