/// Jobs that did not complete by themselves.
extension MultiTenantDatabaseManager {
    /// The result of retrying a job.
    public enum RetryOutcome: Sendable {
        /// The job's work is done.
        case done
        /// It failed again and can be retried; the job has the reason.
        case failed
        /// Nothing to retry: the job was ended, or undone together with its user.
        case ended
    }

    /// Retries a job that was interrupted or has failed. Safe while it runs: it waits for other work on the user.
    ///
    /// - Parameter actor: the administrator who requested it, for the audit log.
    /// - Throws: the error of making the database.
    public func retryJob(_ id: Int64, actor: UserID? = nil) async throws -> RetryOutcome {
        guard let job = try await main.withDatabase(.read, { try await JobRepository($0).find(id) }),
            let userID = job.userID
        else { return .ended }
        if job.isRetryable { try await record("job.retry", actor: actor, userID: userID, detail: "job \(id)") }
        switch (job.state, job.kind) {
        case (.running, _):
            switch await reconciler.resume(job) {
            case .ended: return .done
            case .failed: return .failed
            // Another process is working on it, or has completed it.
            case .taken: return try await outcome(ofTaken: id)
            }
        case (.failed, .provision):
            try await retry(job) { _ = try await initializeUserDatabase(userID, actor: actor) }
            return .done
        case (.failed, .rotatePassword):
            try await retry(job) { try await rotatePassword(of: userID, actor: actor) }
            return .done
        case (.failed, .register), (.failed, .purge), (.done, _): return .ended
        }
    }

    private func outcome(ofTaken id: Int64) async throws -> RetryOutcome {
        switch try await main.withDatabase(.read, { try await JobRepository($0).find(id) })?.state {
        case .done: .done
        case .running: .failed
        case .failed, nil: .ended
        }
    }

    /// Repeats the work of a failed job in a new job, and records the result in the failed one.
    private func retry(_ job: JobRepository.Job, _ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            let date = main.time.wallNow
            try await main.transaction {
                try await JobRepository($0).noteFailure(job.id, error: "\(error)", date: date)
            }
            throw error
        }
        let date = main.time.wallNow
        try await main.transaction {
            try await JobRepository($0).end(job.id, as: .done, steps: [], error: nil, date: date)
        }
    }

    /// Completes jobs that were left unfinished.
    var reconciler: Reconciler {
        Reconciler(
            main: main, provisioner: provisioner, locks: locks, changed: { [self] in await apply(.user($0)) },
            logger: logger)
    }
}
