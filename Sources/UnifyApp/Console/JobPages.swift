internal import Hummingbird
internal import Logging
internal import Tenancy

/// Jobs: their purpose, progress and items, and changing their course.
struct JobPages: Sendable {
    let environment: ConsoleEnvironment

    private var jobs: JobControl { environment.manager.jobs }

    var endpoints: [Endpoint] {
        [
            .page(.get, "/admin/console/jobs", .admin, list), .page(.get, "/admin/console/jobs/{id}", .admin, show),
            .page(.post, "/admin/console/jobs/{id}/retry", .admin, retry),
        ]
            + [JobAction.pause, .resume, .cancel].map { action in
                .page(.post, "/admin/console/jobs/{id}/\(action.rawValue)", .admin) { try await apply(action, $0) }
            }
    }

    // MARK: All jobs

    private struct View {
        let filters: [FieldView]
        let pager: PagerView
        let streamPath: String?
        /// HTML.
        let table: String
    }

    /// The view of the part `job-table`.
    private struct Table {
        let rows: [JobRow]
        let isEmpty: Bool
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let filter = JobControl.Filter(&query)
        let words: KeyValuePairs = ["state": filter.state?.rawValue, "kind": filter.kind?.rawValue]
        let place = ListPlace(&query, path: LocalPath.query(PagePlace.jobs.path, words))
        let before = place.cursor?.id
        try query.finish()
        let (table, count, next) = try await table(filter, before: before, environment.renderer.time(of: scope))
        let states = JobState.allCases.map { ($0.rawValue, $0.rawValue) }
        let kinds = jobs.kinds.map { ($0.rawValue, $0.rawValue) }
        let view = View(
            filters: [
                .filter("state", "State", states, filter.state?.rawValue),
                .filter("kind", "Kind", kinds, filter.kind?.rawValue),
            ],
            pager: PagerView(place, count: count, next: next, isByTime: true),
            streamPath: before == nil ? LocalPath.query("/admin/console/live/jobs", words) : nil, table: table)
        return environment.page(.jobs, view, title: "Jobs", at: .jobs, for: scope)
    }

    /// The table as HTML, for the page and for its live updates.
    func table(
        _ filter: JobControl.Filter, before: Int64?, _ time: PageTime
    ) async throws -> (html: String, count: Int, next: Cursor?) {
        let page = environment.cut(
            try await jobs.list(filter, before: before, limit: ConsoleEnvironment.pageSize + 1)
        ) { $0.job.id }
        let names = try await environment.names(of: page.rows.flatMap(\.users))
        let rows = page.rows.map { JobRow($0, names: names, time) }
        return (
            environment.renderer.fragment(.jobTable, Table(rows: rows, isEmpty: rows.isEmpty)), rows.count, page.next
        )
    }

    // MARK: One job

    private func show(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        var query = scope.query
        let state: JobItem.State? = query.word("state")
        let place = ListPlace(&query, path: LocalPath.query(JobRow.path(of: id), ["state": state?.rawValue]))
        try query.refuseFaults()
        let report = try await jobs.show(id)
        let fetched = try await jobs.items(
            of: id, in: state, after: place.cursor?.id ?? 0, limit: ConsoleEnvironment.pageSize + 1)
        try query.finish()
        let page = environment.cut(fetched) { $0.id }
        let time = environment.renderer.time(of: scope)
        let names = try await environment.names(of: page.rows.map(\.userID) + report.users)
        let states = JobItem.State.allCases.map { ($0.rawValue, $0.rawValue) }
        let view = JobView(
            id: id, kind: report.job.kind.rawValue, streamPath: "/admin/console/live/job?id=\(id)",
            figures: figures(report, names: names, time), path: JobRow.path(of: id),
            state: .filter("state", "State", states, state?.rawValue),
            hasItems: !page.rows.isEmpty || state != nil, items: page.rows.map { Self.item($0, names: names, time) },
            isEmpty: page.rows.isEmpty, pager: PagerView(place, count: page.rows.count, next: page.next))
        return environment.page(.job, view, title: "Job \(id)", at: .jobs, for: scope)
    }

    /// What changes by itself on the page of a job, as HTML.
    func figures(of id: Int64, _ time: PageTime) async throws -> String {
        let report = try await jobs.show(id)
        return figures(report, names: try await environment.names(of: report.users), time)
    }

    private func figures(_ report: JobReport, names: UserNames, _ time: PageTime) -> String {
        environment.renderer.fragment(.jobFigures, JobFigures(report, names: names, time))
    }

    private static func item(_ item: JobItem, names: UserNames, _ time: PageTime) -> JobView.Item {
        JobView.Item(
            database: item.database.text, user: item.userID.map { names[$0] },
            userPath: names.path(of: item.userID),
            state: item.state.rawValue, attempts: item.attempts, error: item.error,
            ended: item.endedAt.map(time.dateAndClock))
    }

    // MARK: Actions

    private func apply(_ action: JobAction, _ scope: RequestScope) async throws -> Response {
        let (id, actor) = (try scope.pathID(), try scope.requireSession().user.id)
        do {
            _ = try await jobs.apply(action, to: id, actor: actor)
        } catch let error as TenancyError where error.code == .jobStateConflict {
            return .seeOther(JobRow.path(of: id), notice: .jobUnchanged)
        }
        let notice: PageNotice =
            switch action {
            case .pause: .jobPaused
            case .resume: .jobResumed
            case .cancel: .jobCancelled
            case .retry: .jobBegun
            }
        return .seeOther(JobRow.path(of: id), notice: notice)
    }

    private func retry(_ scope: RequestScope) async throws -> Response {
        let actor = try scope.requireSession().user.id
        let notice: PageNotice =
            switch try await environment.manager.retryJob(try scope.pathID(), actor: actor) {
            case .done: .jobRetried
            case .failed: .jobFailed
            case .ended: .jobEnded
            case .begun: .jobBegun
            }
        return .seeOther(PagePlace.jobs.path, notice: notice)
    }
}
