/// Long work, for operators and applications: beginning jobs, looking at them, and changing their course. Commands, the
/// admin API and the console all use this.
public struct JobControl: Sendable {
    /// How long jobs that are done stay in the list, unless their handler says otherwise.
    public static let retention: Duration = .seconds(7 * 24 * 3600)

    let runner: JobRunner
    private var main: MainDatabase { runner.main }

    /// Adds a kind of job. Call it before ``MultiTenantDatabaseManager/run()``, in every process that may run such jobs.
    ///
    /// The manager keeps the handler; a handler that needs the manager refers to it `unowned`.
    public func register(_ handler: any JobHandler) { runner.registry.register(handler) }

    /// The kinds that this process can run.
    public var kinds: [JobKind] { runner.registry.all.map(\.kind) }

    // MARK: Beginning

    /// Adds a job for the next process that has room for it, within a second where a server runs.
    public func begin(_ request: JobRequest) async throws -> Job {
        try await main.transaction { try await begin(request, in: $0) }
    }

    /// Adds a job in the caller's transaction of the main database, so that it exists with what it is for, or not at all.
    public func begin(_ request: JobRequest, in database: DatabaseHandle) async throws -> Job {
        guard let handler = runner.registry[request.kind] else {
            throw TenancyError(.invalidConfiguration, "No handler for jobs of kind \(request.kind) is registered.")
        }
        var request = request
        if request.lane == nil, !handler.isBrief { request.lane = JobLanes.long }
        if request.total == nil, !handler.steps.isEmpty { request.total = handler.steps.count }
        return try await JobRepository(database).insert(request, date: main.time.wallNow)
    }

    // MARK: Looking

    /// Which jobs to list; nil matches any.
    public struct Filter: Sendable {
        public var state: JobState?
        public var kind: JobKind?
        public var parent: Int64?

        public init(state: JobState? = nil, kind: JobKind? = nil, parent: Int64? = nil) {
            self.state = state
            self.kind = kind
            self.parent = parent
        }
    }

    /// How many ``list(_:before:limit:)`` would give without a limit.
    public func count(_ filter: Filter = Filter(), before: Int64? = nil) async throws -> Int {
        try await main.withDatabase(.read) { database in
            try await JobRepository(database).count(
                before: before, in: filter.state, kind: filter.kind, parent: filter.parent)
        }
    }

    /// The newest jobs, newest first.
    /// - Parameter before: only jobs with smaller numbers; nil to start at the newest.
    public func list(_ filter: Filter = Filter(), before: Int64? = nil, limit: Int) async throws -> [JobReport] {
        let (jobs, steps) = try await main.withDatabase(.read) { database in
            let jobs = try await JobRepository(database).list(
                before: before, limit: limit, in: filter.state, kind: filter.kind, parent: filter.parent)
            var steps: [Int64: [JobRepository.Step]] = [:]
            // In batches that every engine accepts as parameters.
            for start in stride(from: 0, to: jobs.count, by: 500) {
                let ids = jobs[start..<min(start + 500, jobs.count)].map(\.id)
                steps.merge(try await JobRepository(database).steps(of: ids)) { $1 }
            }
            return (jobs, steps)
        }
        return jobs.map { report($0, steps: steps[$0.id] ?? []) }
    }

    /// One job.
    /// - Throws: ``TenancyError`` `jobNotFound`.
    public func show(_ id: Int64) async throws -> JobReport {
        let (job, steps) = try await main.withDatabase(.read) { database in
            (try await JobRepository(database).find(id), try await JobRepository(database).steps(of: [id]))
        }
        guard let job else { throw JobRepository.notFound(id) }
        return report(job, steps: steps[id] ?? [])
    }

    /// A job's items in the order of their numbers.
    /// - Throws: ``TenancyError`` `jobNotFound`.
    public func items(
        of id: Int64, in state: JobItem.State? = nil, after: Int64 = 0, limit: Int
    ) async throws -> [JobItem] {
        try await main.withDatabase(.read) { database in
            guard try await JobRepository(database).find(id) != nil else { throw JobRepository.notFound(id) }
            return try await JobItemRepository(database).list(of: id, after: after, limit: limit, in: state)
        }
    }

    private func report(_ job: Job, steps: [JobRepository.Step]) -> JobReport {
        JobReport(
            job, steps: steps, handler: runner.registry[job.kind], isAway: runner.health.isAway,
            now: main.time.wallNow)
    }

    // MARK: Changing

    /// Pauses, resumes, cancels or retries a job. A process that works on it notices within a second.
    ///
    /// - Parameter actor: the administrator who asks, for the audit log; nil for a command.
    /// - Returns: the job as it is then; it may take a moment until it has stopped.
    /// - Throws: ``TenancyError`` `jobNotFound`; `jobStateConflict` if its state or kind does not allow that.
    public func apply(_ action: JobAction, to id: Int64, actor: UserID? = nil) async throws -> JobReport {
        let date = main.time.wallNow
        try await main.transaction { database in
            let jobs = JobRepository(database)
            let job = try await jobs.lock(id)
            let abilities = runner.registry[job.kind]?.abilities
            guard let next = JobTransition(action, of: job, abilities: abilities, now: date) else {
                throw Self.conflict(action, job, abilities)
            }
            try await jobs.wish(
                next.wish, for: job, by: actor, state: next.state, isAtOnce: next.isAtOnce, date: date)
            if next.retriesItems { try await jobs.retryItems(of: job) }
            try await AuditLog(database).append(
                "job.\(action.rawValue)", actor: actor, userID: job.userID, detail: "job \(id), \(job.kind)", date: date
            )
        }
        return try await show(id)
    }

    private static func conflict(_ action: JobAction, _ job: Job, _ abilities: JobAbilities?) -> TenancyError {
        let reason =
            switch (action, job.wish) {
            case (.pause, .pause): "it is paused, or is about to be"
            case (.cancel, .cancel): "it is being cancelled"
            case (.resume, _): "it is not paused"
            default:
                job.state.isOpen && action != .retry
                    ? "jobs of kind \(job.kind) cannot be; they are carried through"
                    : job.isOwned(at: job.updatedAt) ? "it is running" : "it is \(job.state.rawValue)"
            }
        let word = ["pause": "paused", "resume": "resumed", "cancel": "cancelled", "retry": "retried"][action.rawValue]
        return TenancyError(.jobStateConflict, "Job \(job.id) cannot be \(word ?? "changed"): \(reason).")
    }

    /// Deletes jobs that were done or cancelled before a date, and those whose handlers keep them for less long. Failed
    /// jobs stay.
    public func deleteDone(before date: Timestamp) async throws {
        let now = main.time.wallNow
        let short = runner.registry.all.filter { $0.retention < Self.retention }
        try await main.transaction { database in
            let jobs = JobRepository(database)
            try await jobs.deleteDone(before: date)
            for handler in short {
                try await jobs.deleteDone(before: now.adding(.zero - handler.retention), kind: handler.kind)
            }
        }
    }
}
