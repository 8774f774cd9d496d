internal import Tenancy

/// A job in the console's list.
struct JobRow {
    let id: Int64
    let path: String
    let kind: String
    let user: String?
    let userPath: String?
    let state: String
    let done: Int
    let total: Int?
    let counts: String?
    let lastStep: String?
    /// Whether there is progress to watch.
    let isOpen: Bool
    let attempts: Int
    let owner: String?
    /// Why it waits or failed.
    let reason: String?
    let began: String
    let changed: String
    let retryPath: String?

    init(_ report: JobReport, names: UserNames, _ time: PageTime) {
        let (job, progress) = (report.job, report.progress)
        id = job.id
        path = Self.path(of: job.id)
        kind = job.kind.rawValue
        user = job.userID.map { names[$0] }
        userPath = names.path(of: job.userID)
        state = job.state.rawValue
        (done, total) = (progress.done, progress.total)
        let others = [(progress.failed, "failed"), (progress.skipped, "skipped")].filter { $0.0 > 0 }
        counts = others.isEmpty ? nil : others.map { "\(GroupedNumber.text($0)) \($1)" }.joined(separator: ", ")
        lastStep = report.steps.last?.name
        isOpen = job.state.isOpen
        attempts = job.attempts
        owner = job.owner?.description
        let waiting = report.waiting?.text(date: time.dateAndClock, { names.known[$0] })
        let reasons = [waiting, job.error].compactMap { $0 }
        reason = reasons.isEmpty ? nil : reasons.joined(separator: " ")
        began = time.dateAndClock(job.createdAt)
        changed = time.dateAndClock(job.updatedAt)
        retryPath = report.actions.contains(.retry) ? "\(path)/\(JobAction.retry.rawValue)" : nil
    }

    static func path(of job: Int64) -> String { "\(PagePlace.jobs.path)/\(job)" }
}
