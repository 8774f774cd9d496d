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
        case (.running, _):
            switch await reconciler.resume(job) {
            case .ended: return .done
            case .failed: return .failed
            // Whoever took it up works on it now, or is done with it.
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

    /// Does again what a failed job was for, and writes down what came of it: the new job of it is another one.
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

    /// What brings jobs to their end that somebody else has left behind.
    var reconciler: Reconciler {
        Reconciler(
            main: main, provisioner: provisioner, locks: locks, changed: { [self] in await apply(.user($0)) },
            logger: logger)
    }
}
