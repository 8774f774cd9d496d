/// A job with its progress, as operators see it.
public struct JobReport: Sendable {
    public let job: Job
    public let steps: [JobRepository.Step]
    public let progress: JobProgress
    /// Why nobody works on it; nil for a job that is worked on or has ended.
    public let waiting: JobWaiting?
    /// What can be done to it now.
    public let actions: Set<JobAction>

    init(_ job: Job, steps: [JobRepository.Step], handler: (any JobHandler)?, isAway: (String) -> Bool, now: Timestamp)
    {
        self.job = job
        self.steps = steps
        progress = JobProgress(job, steps: steps.count, handler: handler, now: now)
        waiting = Self.waiting(job, hasHandler: handler != nil, isAway: isAway, now: now)
        actions = Set(
            JobAction.allCases.filter { JobTransition($0, of: job, abilities: handler?.abilities, now: now) != nil })
    }

    private static func waiting(
        _ job: Job, hasHandler: Bool, isAway: (String) -> Bool, now: Timestamp
    ) -> JobWaiting? {
        guard job.state.isOpen else { return nil }
        if job.state == .paused { return .paused(by: job.wishedBy) }
        if job.wish == .cancel { return .cancelling(by: job.wishedBy) }
        if job.wish == .pause { return .pausing(by: job.wishedBy) }
        guard !job.isOwned(at: now) else { return nil }
        if !hasHandler { return .handler }
        if let lane = job.lane, isAway(lane) { return .server(address: lane) }
        if let date = job.notBefore, date > now { return .retry(at: date) }
        return job.owner.map(JobWaiting.owner) ?? .turn
    }
}
