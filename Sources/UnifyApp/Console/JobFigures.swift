internal import Tenancy

/// What the page of one job shows and changes by itself: the template `job-figures`.
struct JobFigures {
    struct Action {
        let path: String
        let label: String
        let isDanger: Bool
    }

    struct Step {
        let name: String
        let detail: String?
        let date: String
    }

    let row: JobRow
    let facts: [LabelledValue]
    let stepRows: [Step]
    let hasSteps: Bool
    let actions: [Action]

    init(_ report: JobReport, names: UserNames, _ time: PageTime) {
        let (job, progress) = (report.job, report.progress)
        row = JobRow(report, names: names, time)
        let name: (UserID) -> String? = { names.known[$0] }
        let facts: [(String, String?)] = [
            ("Requested by", job.actor.text(name)), ("Worked on by", job.owner?.description),
            ("Attempts", "\(job.attempts)"), ("Created", time.dateAndClock(job.createdAt)),
            ("Began", job.startedAt.map(time.dateAndClock)), ("Last change", time.dateAndClock(job.updatedAt)),
            ("Ended", job.endedAt.map(time.dateAndClock)), ("Speed", progress.rate.map(Self.speed)),
            ("Time left", progress.etaSeconds.map { "about \(GroupedNumber.text($0)) s" }),
        ]
        self.facts = facts.compactMap { label, value in value.map { LabelledValue(name: label, value: $0) } }
        stepRows = report.steps.map {
            Step(name: $0.name, detail: $0.detail, date: time.dateAndClock($0.completedAt))
        }
        hasSteps = !stepRows.isEmpty
        actions = JobAction.allCases.filter(report.actions.contains).map { action in
            Action(
                path: "\(JobRow.path(of: job.id))/\(action.rawValue)", label: Self.label(action),
                isDanger: action == .cancel)
        }
    }

    private static func speed(_ rate: Double) -> String {
        let hundredths = Int((rate * 100).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) a second"
    }

    static func label(_ action: JobAction) -> String {
        switch action {
        case .pause: "Pause"
        case .resume: "Resume"
        case .cancel: "Cancel"
        case .retry: "Try again"
        }
    }
}
