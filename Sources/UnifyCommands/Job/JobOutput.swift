internal import Tenancy
internal import UnifyApp

/// A job as JSON and as lines.
struct JobOutput: Encodable {
    static let header = ["ID", "KIND", "USER", "STATE", "PROGRESS", "OWNER", "CREATED", "NOTE"]

    struct Step: Encodable {
        let name: String
        let detail: String?
        let completedAt: String
    }

    let id: Int64
    let kind: String
    let userId: Int64?
    let username: String?
    let parentId: Int64?
    let state: String
    let total: Int?
    let done: Int
    let failed: Int
    let skipped: Int
    let rate: Double?
    let etaSeconds: Int?
    let owner: String?
    let waiting: String?
    let error: String?
    let attempts: Int
    let requestedBy: String
    let actions: [String]
    let createdAt: String
    let updatedAt: String
    let startedAt: String?
    let endedAt: String?
    let steps: [Step]

    init(_ report: JobReport, names: [UserID: String]) {
        let (job, progress) = (report.job, report.progress)
        id = job.id
        kind = job.kind.rawValue
        userId = job.userID?.rawValue
        username = job.userID.flatMap { names[$0] }
        parentId = job.parentID
        state = job.state.rawValue
        (total, done, failed, skipped) = (progress.total, progress.done, progress.failed, progress.skipped)
        rate = progress.rate.map { ($0 * 1000).rounded() / 1000 }
        etaSeconds = progress.etaSeconds
        owner = job.owner?.description
        waiting = report.waiting?.text { names[$0] }
        error = job.error
        attempts = job.attempts
        requestedBy = job.actor.text { names[$0] }
        actions = JobAction.allCases.filter(report.actions.contains).map(\.rawValue)
        createdAt = job.createdAt.rfc3339
        updatedAt = job.updatedAt.rfc3339
        startedAt = job.startedAt?.rfc3339
        endedAt = job.endedAt?.rfc3339
        steps = report.steps.map { Step(name: $0.name, detail: $0.detail, completedAt: $0.completedAt.rfc3339) }
    }

    /// The users whom jobs name, in batches that every engine accepts as parameters.
    static func names(in reports: [JobReport], _ system: UnifySystem) async throws -> [UserID: String] {
        let users = Set(reports.flatMap(\.users)).sorted()
        var names: [UserID: String] = [:]
        for start in stride(from: 0, to: users.count, by: 500) {
            let part = Set(users[start..<min(start + 500, users.count)])
            names.merge(
                try await system.main.withDatabase(.read) { try await UserRepository($0).names(of: part) }
            ) { $1 }
        }
        return names
    }

    /// How much is done, with what failed and was skipped.
    var progressText: String {
        var text = total.map { "\(done) of \($0)" } ?? "\(done)"
        if failed > 0 { text += ", \(failed) failed" }
        if skipped > 0 { text += ", \(skipped) skipped" }
        return text
    }

    /// In the order of ``header``.
    var values: [String] {
        [
            "\(id)", kind, username ?? userId.map(String.init) ?? "-", state, progressText, owner ?? "-", createdAt,
            waiting ?? error ?? "",
        ]
    }

    var lines: [String] {
        let rows: [(String, String?)] = [
            ("Kind", kind), ("State", state), ("User", username ?? userId.map(String.init)),
            ("Progress", progressText), ("Waiting", waiting), ("Error", error), ("Owner", owner),
            ("Attempts", "\(attempts)"), ("Requested by", requestedBy), ("Created", createdAt), ("Began", startedAt),
            ("Ended", endedAt), ("Can be", actions.isEmpty ? nil : actions.joined(separator: ", ")),
        ]
        let facts = rows.compactMap { name, value in value.map { "\(name): \($0)" } }
        return ["Job \(id)"] + facts
            + steps.map { "Step \($0.name), \($0.completedAt)" + ($0.detail.map { ": \($0)" } ?? "") }
    }
}
