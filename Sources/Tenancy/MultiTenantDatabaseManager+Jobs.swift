internal import Logging

/// The library's own jobs.
extension MultiTenantDatabaseManager {
    func registerHandlers() {
        let handlers: [any JobHandler] = [
            MakeDatabase(kind: .provision, provisioner: provisioner),
            MakeDatabase(kind: .register, provisioner: provisioner), RotatePassword(provisioner: provisioner),
            PurgeUser(provisioner: provisioner), FillStock(warmPool: warmPool), tableRepair,
        ]
        for handler in handlers { jobs.register(handler) }
    }

    /// The result of retrying a job.
    public enum RetryOutcome: Sendable {
        /// The job's work is done.
        case done
        /// It failed again; the job has the reason.
        case failed
        /// Nothing to retry: the job was ended, undone together with its user, or is being worked on.
        case ended
        /// A process takes it up within a second; it takes longer than anyone waits.
        case begun
    }

    /// Retries a job that was interrupted or has failed, and waits for the result if it takes seconds.
    ///
    /// - Parameter actor: the administrator who requested it, for the audit log.
    public func retryJob(_ id: Int64, actor: UserID? = nil) async throws -> RetryOutcome {
        let report: JobReport
        do {
            report = try await jobs.apply(.retry, to: id, actor: actor)
        } catch let error as TenancyError where [.jobNotFound, .jobStateConflict].contains(error.code) {
            return .ended
        }
        guard jobs.runner.registry[report.job.kind]?.isBrief == true else { return .begun }
        let result = await withoutStopping { [self] in await jobs.runner.attempt(report.job) }
        if let userID = report.job.userID { await apply(.user(userID)) }
        switch result {
        case .failed, .stopped: return .failed
        case .ended: return try await jobs.show(id).job.state == .done ? .done : .failed
        case .taken: return try await outcome(ofTaken: id)
        }
    }

    /// Waits for a running server that was faster.
    private func outcome(ofTaken id: Int64) async throws -> RetryOutcome {
        let end = main.time.monotonicNow + Self.retryWait
        var job = try await jobs.show(id).job
        while job.isOwned(at: main.time.wallNow), main.time.monotonicNow < end {
            try await main.time.sleep(for: .milliseconds(100))
            job = try await jobs.show(id).job
        }
        return job.state == .done ? .done : job.isOwned(at: main.time.wallNow) ? .begun : .failed
    }

    /// How long who retries a job waits for another process that works on it.
    static let retryWait: Duration = .seconds(10)

    private func withoutStopping<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result {
        await Task { await body() }.value
    }

    /// Gives every unfinished job an attempt, even one that another process has.
    /// - Parameter date: only jobs without progress since, and that no living process has; nil for all.
    func attemptUnfinishedJobs(before date: Timestamp? = nil) async throws -> (ended: Int, failed: Int) {
        var lanes: [String: [Job]] = [:]
        var (last, count) = (Int64(0), 0)
        while count < Self.maxJobsOfARound {
            let after = last
            let page = try await main.withDatabase(.read) {
                try await JobRepository($0).unfinished(after: after, limit: 200)
            }
            guard let newest = page.last else { break }
            last = newest.id
            let now = main.time.wallNow
            for job in page where date.map({ job.updatedAt < $0 && !job.isOwned(at: now) }) ?? true {
                lanes[job.lane ?? "", default: []].append(job)
                count += 1
            }
        }
        let outcomes = await attempt(Array(lanes.values))
        try Task.checkCancellation()
        return (outcomes.count { $0 == .ended }, outcomes.count { $0 == .failed })
    }

    /// The most jobs of one call of ``reconcile(olderThan:)``.
    static let maxJobsOfARound = 10_000

    private func attempt(_ lanes: [[Job]]) async -> [JobRunner.Outcome] {
        await withTaskGroup(of: [JobRunner.Outcome].self) { group in
            for jobs in lanes {
                group.addTask { [self] in
                    await jobs.concurrentMap(upTo: JobRunner.perLane) { [self] job in
                        guard !Task.isCancelled else { return JobRunner.Outcome.stopped }
                        let outcome = await self.jobs.runner.attempt(job)
                        if let userID = job.userID { await apply(.user(userID)) }
                        return outcome
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }
}
