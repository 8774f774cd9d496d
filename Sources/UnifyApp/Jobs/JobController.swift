internal import HTTPTypes
internal import Hummingbird
internal import Tenancy

/// An administrator's routes to jobs. The commands and the console do the same through ``JobControl``.
struct JobController: Sendable {
    let manager: MultiTenantDatabaseManager

    private var jobs: JobControl { manager.jobs }

    var endpoints: [Endpoint] {
        [
            Endpoint(.get, "/admin/jobs", .admin, cost: .long, list),
            Endpoint(.get, "/admin/jobs/{id}", .admin, cost: .long, show),
            Endpoint(.get, "/admin/jobs/{id}/items", .admin, cost: .long, items),
        ]
            + JobAction.allCases.map { action in
                Endpoint(.post, "/admin/jobs/{id}/\(action.rawValue)", .admin, cost: .long) {
                    try await apply(action, $0)
                }
            }
    }

    private func list(_ scope: RequestScope) async throws -> Response {
        var query = scope.query
        let limit = query.limit()
        let filter = JobControl.Filter(&query)
        let position = query.position(in: scope.request.uri.path)
        try query.finish()
        let reports = try await jobs.list(filter, before: position.cursor?.id, limit: limit + 1)
        let names = try await names(in: reports)
        return .page(
            cutting: reports, to: limit, at: position, by: { $0.job.id }, each: { $0.jobMembers($1, names: names) })
    }

    private func show(_ scope: RequestScope) async throws -> Response {
        let report = try await jobs.show(try scope.pathID())
        try scope.finishHead()
        let names = try await names(in: [report])
        return .json { json in
            json.jobMembers(report, names: names)
            json.name("steps")
            json.array(report.steps) { json, step in
                json.object {
                    $0.member("name", step.name)
                    $0.member("detail", step.detail)
                    $0.member("completed_at", step.completedAt)
                }
            }
        }
    }

    private func items(_ scope: RequestScope) async throws -> Response {
        let id = try scope.pathID()
        var query = scope.query
        let limit = query.limit()
        let state: JobItem.State? = query.word("state")
        let position = query.position(in: scope.request.uri.path)
        try query.refuseFaults()
        let items = try await jobs.items(of: id, in: state, after: position.cursor?.id ?? 0, limit: limit + 1)
        try query.finish()
        return .page(cutting: items, to: limit, at: position, by: { $0.id }, each: { $0.jobItemMembers($1) })
    }

    private func apply(_ action: JobAction, _ scope: RequestScope) async throws -> Response {
        let actor = try scope.requireSession().user.id
        let report = try await jobs.apply(action, to: try scope.pathID(), actor: actor)
        let names = try await names(in: [report])
        var response = Response.json(.accepted) { json in
            json.name("job")
            json.object { $0.jobMembers(report, names: names) }
        }
        response.headers[.location] = "/admin/jobs/\(report.job.id)"
        return response
    }

    private func names(in reports: [JobReport]) async throws -> [UserID: String] {
        let users = Set(reports.flatMap(\.users))
        return try await manager.main.withDatabase(.read) { try await UserRepository($0).names(of: users) }
    }
}
