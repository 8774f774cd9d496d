internal import Tenancy

extension JSONWriter {
    /// A job as an administrator sees it.
    mutating func jobMembers(_ report: JobReport, names: [UserID: String]) {
        let (job, progress) = (report.job, report.progress)
        member("id", job.id)
        member("kind", job.kind.rawValue)
        member("user_id", job.userID?.rawValue)
        member("parent_id", job.parentID)
        member("state", job.state.rawValue)
        member("total", progress.total.map(Int64.init))
        member("done", progress.done)
        member("failed", progress.failed)
        member("skipped", progress.skipped)
        if let rate = progress.rate { member("rate", Self.rounded(rate)) } else { null("rate") }
        member("eta_seconds", progress.etaSeconds.map(Int64.init))
        member("owner", job.owner?.description)
        member("waiting", report.waiting.map { waiting in waiting.text { names[$0] } })
        member("error", job.error)
        member("attempts", job.attempts)
        member("requested_by", job.actor.text { names[$0] })
        name("actions")
        array(JobAction.allCases.filter(report.actions.contains)) { json, action in json.string(action.rawValue) }
        member("created_at", job.createdAt)
        member("updated_at", job.updatedAt)
        member("started_at", job.startedAt)
        member("ended_at", job.endedAt)
    }

    mutating func jobItemMembers(_ item: JobItem) {
        member("id", item.id)
        member("database", item.database.text)
        member("user_id", item.userID?.rawValue)
        member("wave", item.wave)
        member("state", item.state.rawValue)
        member("attempts", item.attempts)
        member("error", item.error)
        member("started_at", item.startedAt)
        member("ended_at", item.endedAt)
    }

    /// Three digits say enough, and every number has one text.
    private static func rounded(_ rate: Double) -> Double { (rate * 1000).rounded() / 1000 }
}
