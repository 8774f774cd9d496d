internal import Hummingbird
internal import Logging
internal import Tenancy

/// Jobs: their purpose and progress, and retrying them.
struct JobPages: Sendable {
    let environment: ConsoleEnvironment

    var endpoints: [Endpoint] {
        [
            .page(.get, "/admin/console/jobs", .admin, list),
            .page(.post, "/admin/console/jobs/{id}/retry", .admin, retry),
        ]
    }

    private struct View {
        let state: FieldView
        let pager: PagerView
        let streamPath: String?
        /// HTML.
        let table: String
    }

    /// The view of the part `job-table`.
    private struct Table {
        let rows: [Row]
        let isEmpty: Bool
    }

    private struct Row {
        let id: Int64
        let kind: String
        let user: String?
        let userPath: String?
        let state: String
        let done: Int
        let steps: Int
        let lastStep: String?
        /// Whether there is progress to watch.
        let isOpen: Bool
        let attempts: Int
        let error: String?
        let began: String
        let changed: String
        let retryPath: String?
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let word = query.text("state", maxLength: 20)
        let state = word.flatMap(JobRepository.State.init)
        if word != nil, state == nil { query.reject("state", "must be running, done or failed") }
        let place = ListPlace(&query, path: LocalPath.query(PagePlace.jobs.path, ["state": word]))
        let before = place.cursor?.id
        try query.finish()
        let (table, count, next) = try await table(before: before, in: state, environment.renderer.time(of: scope))
        let options = ["running", "failed", "done"].map { ($0, $0) }
        let view = View(
            state: .filter("state", "State", options, word),
            pager: PagerView(place, count: count, next: next, isByTime: true),
            streamPath: before == nil ? LocalPath.query("/admin/console/live/jobs", ["state": word]) : nil,
            table: table)
        return environment.page(.jobs, view, title: "Jobs", at: .jobs, for: scope)
    }

    /// The table as HTML, for the page and for its live updates.
    func table(
        before: Int64?, in state: JobRepository.State?, _ time: PageTime
    ) async throws -> (html: String, count: Int, next: Cursor?) {
        let (fetched, steps) = try await environment.main.withDatabase(.read) { database in
            let repository = JobRepository(database)
            let jobs = try await repository.list(before: before, limit: ConsoleEnvironment.pageSize + 1, in: state)
            return (jobs, try await repository.steps(of: jobs.map(\.id)))
        }
        let page = environment.cut(fetched) { $0.id }
        let names = try await environment.names(of: page.rows.map(\.userID))
        let rows = page.rows.map { Self.row($0, steps: steps[$0.id] ?? [], names: names, time) }
        return (
            environment.renderer.fragment(.jobTable, Table(rows: rows, isEmpty: rows.isEmpty)), rows.count, page.next
        )
    }

    private static func row(
        _ job: JobRepository.Job, steps: [String], names: UserNames, _ time: PageTime
    ) -> Row {
        Row(
            id: job.id, kind: job.kind.rawValue, user: job.userID.map { names[$0] },
            userPath: job.userID.flatMap { names.known[$0] == nil ? nil : ConsoleEnvironment.path(of: $0) },
            state: job.state.rawValue, done: steps.count, steps: job.kind.stepCount, lastStep: steps.last,
            isOpen: job.state != .done,
            attempts: job.attempts, error: job.error, began: time.dateAndClock(job.createdAt),
            changed: time.dateAndClock(job.updatedAt),
            retryPath: job.isRetryable ? "\(PagePlace.jobs.path)/\(job.id)/retry" : nil)
    }

    private func retry(_ scope: RequestScope) async throws -> Response {
        let actor = try scope.requireSession().user.id
        let notice: PageNotice
        do {
            switch try await environment.manager.retryJob(try scope.pathID(), actor: actor) {
            case .done: notice = .jobRetried
            case .failed: notice = .jobFailed
            case .ended: notice = .jobEnded
            }
        } catch let error as TenancyError {
            scope.context.logger.warning("a job failed again", metadata: ["error": "\(error)"])
            notice = .jobFailed
        }
        return .seeOther(PagePlace.jobs.path, notice: notice)
    }
}
