/// The jobs of provisioning.
extension Provisioner {
    /// Adds a job that this process works on from now on, with its first step, in the caller's transaction.
    func begin<Step: CaseIterable & RawRepresentable>(
        _ request: JobRequest, _ steps: Step.Type, in database: DatabaseHandle
    ) async throws -> JobRun where Step.RawValue == String {
        var request = request
        request.total = steps.allCases.count
        let date = main.time.wallNow
        let jobs = JobRepository(database)
        let job = try await jobs.insert(request, owner: runner.owner, date: date)
        if let first = steps.allCases.first { try await jobs.insert(first.rawValue, of: job.id, date: date) }
        return run(job, JobClaim(id: job.id, attempt: job.attempts, owner: runner.owner))
    }

    /// Takes a user's unfinished job over from whoever has it, or adds one for work that lacks it, in the caller's
    /// transaction.
    /// - Parameter kinds: what the job may be.
    /// - Throws: ``TenancyError`` `databaseNotReady` if an operator has paused it, or another process takes it now.
    func takeOver(_ request: JobRequest, kinds: [JobKind], in database: DatabaseHandle) async throws -> JobRun {
        let jobs = JobRepository(database)
        let date = main.time.wallNow
        guard let userID = request.userID, let job = try await jobs.open(of: userID, kinds: kinds) else {
            let job = try await jobs.insert(request, owner: runner.owner, date: date)
            return run(job, JobClaim(id: job.id, attempt: job.attempts, owner: runner.owner))
        }
        guard job.wish == .run else {
            let state = job.wish == .pause ? "is paused. Resume it: unify job resume \(job.id)" : "is being cancelled."
            throw TenancyError(.databaseNotReady, "Job \(job.id) of user \(userID) \(state)", userID: userID)
        }
        guard let claim = try await jobs.claim(job, by: runner.owner, date: date) else {
            throw TenancyError(
                .databaseNotReady, "Another process has just taken job \(job.id). Try again in a moment.",
                userID: userID)
        }
        return run(job, claim)
    }

    private func run(_ job: Job, _ claim: JobClaim) -> JobRun {
        JobRun(job, claim: claim, main: main, health: health)
    }

    /// Records a step, unless another process has the job by now. This one may go on: what it does besides is guarded by
    /// the config.
    func record(_ step: String, _ run: JobRun) async throws {
        let date = main.time.wallNow
        try await main.transaction { database in
            let jobs = JobRepository(database)
            guard try await jobs.hold(run.claim, date: date) else { return }
            try await jobs.record([step], of: run.claim, date: date)
        }
    }

    /// Whether a user exists and is not being removed.
    func mayHaveDatabase(_ userID: UserID) async throws -> Bool {
        try await main.withDatabase(.read) { database in
            guard try await UserRepository(database).find(userID) != nil else { return false }
            return try await !JobRepository(database).isPurging(userID)
        }
    }

    /// The config of a job's user; nil if they have none.
    func config(of run: JobRun) async throws -> UserDatabaseConfig? {
        guard let userID = run.job.userID else { return nil }
        return try await main.withDatabase(.read) { try await ConfigRepository($0).find(userID) }
    }

    /// Ends a job for which there is nothing left to do.
    func end(_ run: JobRun, as state: JobState, error: String? = nil) async throws {
        let date = main.time.wallNow
        try await main.transaction {
            _ = try await JobRepository($0).endIfHeld(run.claim, as: state, error: error, date: date)
        }
    }
}
